using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using TestKit;

namespace Hosting.Tests;

/// <summary>The specimen process, started for one test on free ports.</summary>
internal sealed partial class Specimen : IAsyncDisposable
{
    private static readonly string Assembly = typeof(Specimen).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "Specimen").Value!;

    private static readonly Dictionary<string, string?> CleanEnvironment = new() { ["LOG_FILE"] = null, ["CONFIG_FILE"] = null };

    private Specimen(ChildProcess process, int port, int managementPort)
    {
        Process = process;
        Web = new HttpClient { BaseAddress = new Uri($"http://localhost:{port}") };
        Management = new HttpClient { BaseAddress = new Uri($"http://localhost:{managementPort}") };
    }

    public ChildProcess Process { get; }

    public HttpClient Web { get; }

    public HttpClient Management { get; }

    /// <summary>Starts it and waits until it is ready.</summary>
    public static async Task<Specimen> StartAsync(string[] args, Dictionary<string, string?>? environment = null)
    {
        var port = FreePort.Take();
        var verb = args is ["worker", ..] ? args[..1] : [];
        var process = Run([.. verb, "--Management:Port=0", $"--Http:Port={port}", .. args[verb.Length..]], environment);
        await process.SaysAsync("Management port");
        var management = int.Parse(PortPattern().Match(process.Output.Concat(process.Errors).First(l => l.Contains("Management port", StringComparison.Ordinal))).Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);
        var specimen = new Specimen(process, port, management);
        await Eventually.HoldsAsync(async () => (await specimen.Management.GetAsync("/readyz")).IsSuccessStatusCode, () => "ready");
        return specimen;
    }

    /// <summary>Starts it as it is, for what ends by itself.</summary>
    public static ChildProcess Run(string[] args, Dictionary<string, string?>? environment = null)
    {
        var all = new Dictionary<string, string?>(CleanEnvironment);
        foreach (var (name, value) in environment ?? [])
        {
            all[name] = value;
        }

        return ChildProcess.DotNet(Assembly, args, all);
    }

    public async Task<JsonElement> StatusAsync() => JsonDocument.Parse(await Management.GetStringAsync("/statusz")).RootElement;

    public async ValueTask DisposeAsync()
    {
        Web.Dispose();
        Management.Dispose();
        await Process.DisposeAsync();
    }

    [GeneratedRegex(@"""port"":(\d+)")]
    private static partial Regex PortPattern();
}
