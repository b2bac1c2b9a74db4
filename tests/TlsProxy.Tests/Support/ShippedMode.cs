using System.Runtime.CompilerServices;

namespace TlsProxy.Tests.Support;

/// <summary>The proxies within this process run as the program does by default; what is chosen is chosen once for a process.</summary>
internal static class ShippedMode
{
    [ModuleInitializer]
    internal static void Choose() => SocketMode.SelectFor(new TlsProxyOptions());
}
