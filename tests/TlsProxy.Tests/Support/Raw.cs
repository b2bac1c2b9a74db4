using System.Net.Sockets;
using System.Text;

namespace TlsProxy.Tests.Support;

/// <summary>Reads raw connections.</summary>
internal static class Raw
{
    public static async Task<string> ReadToEndAsync(Socket socket)
    {
        await using var stream = new NetworkStream(socket);
        return await ReadToEndAsync(stream);
    }

    /// <summary>Reads until the peer closes or resets the connection.</summary>
    public static async Task<string> ReadToEndAsync(Stream stream)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var text = new StringBuilder();
        var buffer = new byte[16 * 1024];
        try
        {
            while (await stream.ReadAsync(buffer, deadline.Token) is > 0 and var read)
            {
                text.Append(Encoding.Latin1.GetString(buffer, 0, read));
            }
        }
        catch (IOException)
        {
            // A reset counts as the end.
        }

        return text.ToString();
    }
}
