using System.Diagnostics;

namespace TlsProxy.Tests.Support;

/// <summary>The real <c>openssl s_client</c>.</summary>
internal static class OpenSsl
{
    /// <summary>Connects, sends <paramref name="input"/>, and returns both outputs.</summary>
    public static async Task<string> ClientAsync(int port, string options, string input, bool quietOnEnd = true)
    {
        var start = new ProcessStartInfo("openssl", $"s_client -connect 127.0.0.1:{port} -servername localhost {options}{(quietOnEnd && input.Length > 0 ? " -ign_eof" : "")}")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = ChildProcess.StartProcess(start);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.StandardInput.WriteAsync(input);
        if (quietOnEnd)
        {
            process.StandardInput.Close();
        }

        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await process.WaitForExitAsync(deadline.Token);
        return await output + await error;
    }
}
