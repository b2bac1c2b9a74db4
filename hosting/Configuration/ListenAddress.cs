using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Hosting.Configuration;

/// <summary>Binds the ports of every Kestrel server of the process to <c>Listen:Address</c>.</summary>
public static class ListenAddress
{
    /// <summary>Adds an endpoint.</summary>
    /// <param name="kestrel">The server's options.</param>
    /// <param name="address"><c>*</c>, <c>localhost</c>, or an IP address.</param>
    /// <param name="port">TCP port; 0 selects a free one.</param>
    /// <param name="configure">Configures the endpoint further, such as TLS.</param>
    /// <exception cref="ConfigurationException">The address is not valid.</exception>
    public static void Bind(KestrelServerOptions kestrel, string address, int port, Action<ListenOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(kestrel);
        configure ??= static _ => { };
        switch (address)
        {
            case "*":
                kestrel.ListenAnyIP(port, configure);
                break;
            case "localhost" when port == 0:
                // Kestrel cannot select one free port for both address families.
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
