using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Agent.Tests.Support;

namespace Agent.Tests.Comparison;

/// <summary>The real FastAPI, of Debian's packages, with the agent's request bodies.</summary>
internal sealed class FastApi : IDisposable
{
    private const string Python = "/usr/bin/python3";

    private readonly Process _process;

    private FastApi(Process process, Uri address)
    {
        _process = process;
        Http = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromSeconds(60) };
    }

    /// <summary>Whether it is installed here.</summary>
    public static bool IsAvailable { get; } = CanImport();

    public HttpClient Http { get; }

    public static async Task<FastApi> StartAsync()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();

        var program = Repository.File("tests/Agent.Tests/Comparison/fastapi_app.py");
        var process = Process.Start(new ProcessStartInfo(Python, [program, port.ToString(CultureInfo.InvariantCulture)]))!;
        var running = new FastApi(process, new Uri($"http://127.0.0.1:{port}"));
        await Eventually.IsTrueAsync(running.AnswersAsync, "FastAPI answers");
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

    private async Task<bool> AnswersAsync()
    {
        Assert.False(_process.HasExited, "FastAPI ended");
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
