using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Hosting.Tests;

/// <summary>The specimen, started as a process on free ports for one test.</summary>
internal sealed partial class SpecimenProcess : IAsyncDisposable
{
    private static readonly string Assembly = Repository.FindAssembly("tests/Hosting.Specimen", "Hosting.Specimen");

    private static readonly Dictionary<string, string?> CleanEnvironment = new() { ["LOG_FILE"] = null, ["CONFIG_FILE"] = null };

    private SpecimenProcess(ChildProcess process, int port, int managementPort)
    {
        Process = process;
        Web = new HttpClient { BaseAddress = new Uri($"http://localhost:{port}") };
        Management = new HttpClient { BaseAddress = new Uri($"http://localhost:{managementPort}") };
    }

    public ChildProcess Process { get; }

    public HttpClient Web { get; }

    public HttpClient Management { get; }

    /// <summary>Starts the specimen and waits until it is ready.</summary>
    public static async Task<SpecimenProcess> StartAsync(string[] args, Dictionary<string, string?>? environment = null)
    {
        var port = FreePort.FindUnused();
        var verb = args is ["worker", ..] ? args[..1] : [];
        var process = RunToExit([.. verb, "--Management:Port=0", $"--Http:Port={port}", .. args[verb.Length..]], environment);
        var line = await process.WaitForLineAsync("Management port");
        var managementPort = int.Parse(PortPattern().Match(line).Groups[1].Value, CultureInfo.InvariantCulture);
        var specimen = new SpecimenProcess(process, port, managementPort);
        await Eventually.AssertAsync(specimen.IsReadyAsync, () => "ready");
        return specimen;
    }

    /// <summary>Starts the specimen with exactly these arguments, for a test that expects it to exit by itself.</summary>
    public static ChildProcess RunToExit(string[] args, Dictionary<string, string?>? environment = null)
    {
        var variables = new Dictionary<string, string?>(CleanEnvironment);
        foreach (var (name, value) in environment ?? [])
        {
            variables[name] = value;
        }

        return ChildProcess.DotNet(Assembly, args, variables);
    }

    public async Task<bool> IsReadyAsync() => (await Management.GetAsync("/readyz")).IsSuccessStatusCode;

    public async Task<JsonElement> ReadStatusAsync() => JsonDocument.Parse(await Management.GetStringAsync("/statusz")).RootElement;

    public async ValueTask DisposeAsync()
    {
        Web.Dispose();
        Management.Dispose();
        await Process.DisposeAsync();
    }

    [GeneratedRegex(@"""port"":(\d+)")]
    private static partial Regex PortPattern();
}
