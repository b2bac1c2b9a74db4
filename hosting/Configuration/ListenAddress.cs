using System.Net;
using KestrelListenOptions = Microsoft.AspNetCore.Server.Kestrel.Core.ListenOptions;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Hosting.Configuration;

/// <summary>Binds a port as <c>Listen:Address</c> says, for every Kestrel of the process.</summary>
public static class ListenAddress
{
    /// <summary>Adds an endpoint.</summary>
    /// <param name="kestrel">The server's options.</param>
    /// <param name="address"><c>*</c>, <c>localhost</c>, or an IP address.</param>
    /// <param name="port">TCP port; 0 takes a free one.</param>
    /// <param name="configure">What else the endpoint needs, such as TLS.</param>
    /// <exception cref="ConfigurationException">The address is none of these.</exception>
    public static void Bind(KestrelServerOptions kestrel, string address, int port, Action<KestrelListenOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(kestrel);
        configure ??= static _ => { };
        switch (address)
        {
            case "*":
                kestrel.ListenAnyIP(port, configure);
                break;
            case "localhost" when port == 0:
                // Two families could not be given the same free port in one step.
                kestrel.Listen(IPAddress.Loopback, port, configure);
                break;
            case "localhost":
                kestrel.ListenLocalhost(port, configure);
                break;
            default:
                if (!IPAddress.TryParse(address, out var ip))
                {
                    throw new ConfigurationException("Listen:Address", address, "is neither *, localhost, nor an IP address.");
                }

                kestrel.Listen(ip, port, configure);
                break;
        }
    }
}
