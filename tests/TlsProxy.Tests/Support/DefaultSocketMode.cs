using System.Runtime.CompilerServices;

namespace TlsProxy.Tests.Support;

/// <summary>In-process proxies use the program's default socket mode, which is selected once for a process.</summary>
internal static class DefaultSocketMode
{
    [ModuleInitializer]
    internal static void Choose() => SocketMode.SelectFor(new TlsProxyOptions());
}
