using System.Text.Encodings.Web;
using System.Text.Json.Nodes;
using System.Text.Json;
using Hosting.Health;

namespace Hosting.Configuration;

/// <summary>
/// The end of a process whose configuration is refused: every error on stderr, as one JSON line each (as text on a
/// terminal), and exit code 2. It stands at the edge of the process, so that a host in a test sees the exception itself.
/// </summary>
internal static class RefusedConfiguration
{
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static int _installed;

    public static void EndsTheProcess(CommandLine command)
    {
        if (Interlocked.Exchange(ref _installed, 1) == 0)
        {
            AppDomain.CurrentDomain.UnhandledException += (_, e) =>
            {
                if (e.ExceptionObject is ConfigurationException refused)
                {
                    Environment.Exit(command.Verb == "check" ? CheckVerb.Refused(refused) : Print(refused));
                }
            };
        }
    }

    private static int Print(ConfigurationException refused)
    {
        var asText = !Console.IsErrorRedirected
            || string.Equals(Environment.GetEnvironmentVariable("CONSOLE__FORMAT"), "text", StringComparison.OrdinalIgnoreCase);
        foreach (var error in refused.Errors)
        {
            Console.Error.WriteLine(asText ? $"configuration refused: {error}" : Json(error));
        }

        return 2;
    }

    private static string Json(ConfigurationError error) => new JsonObject
    {
        ["timestamp"] = DateTimeOffset.UtcNow.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture),
        ["level"] = "critical",
        ["logger"] = "Hosting.Configuration",
        ["event"] = "ConfigurationRefused",
        ["message"] = "configuration refused: " + error,
        ["key"] = error.Key,
        ["value"] = error.Value,
    }.ToJsonString(Relaxed);
}
