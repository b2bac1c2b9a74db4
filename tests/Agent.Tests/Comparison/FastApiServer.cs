using System.Diagnostics;
using System.Globalization;

namespace Agent.Tests.Comparison;

/// <summary>The real FastAPI from Debian's packages, with the agent's request bodies.</summary>
internal sealed class FastApiServer : IDisposable
{
    private const string Python = "/usr/bin/python3";

    private readonly Process _process;

    private FastApiServer(Process process, Uri address)
    {
        _process = process;
        Http = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromSeconds(60) };
    }

    /// <summary>Whether FastAPI is installed.</summary>
    public static bool IsAvailable { get; } = CanImport();

    public HttpClient Http { get; }

    public static async Task<FastApiServer> StartAsync()
    {
        var port = FreePort.FindUnused();
        var program = Repository.PathOf("tests/Agent.Tests/Comparison/fastapi_app.py");
        var process = ChildProcess.StartProcess(new ProcessStartInfo(Python, [program, port.ToString(CultureInfo.InvariantCulture)]));
        var running = new FastApiServer(process, new Uri($"http://127.0.0.1:{port}"));
        await Eventually.AssertAsync(running.RespondsAsync, "FastAPI responds");
        return running;
    }

    public void Dispose()
    {
        Http.Dispose();
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private async Task<bool> RespondsAsync()
    {
        Assert.False(_process.HasExited, "FastAPI exited");
        try
        {
            using var response = await Http.GetAsync(new Uri("/", UriKind.Relative));
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static bool CanImport()
    {
        if (!File.Exists(Python))
        {
            return false;
        }

        using var process = Process.Start(
            new ProcessStartInfo(Python, ["-c", "import fastapi, uvicorn"]) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
