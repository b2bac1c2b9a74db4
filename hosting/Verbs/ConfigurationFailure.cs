using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hosting.Configuration;
using Hosting.Logging;

namespace Hosting.Verbs;

/// <summary>
/// Exits with code 2 when the configuration is rejected, after every error was written to stderr: as one JSON line each, or as
/// text on a terminal. It handles the unhandled exception, so that a host in a test receives the exception itself.
/// </summary>
internal static class ConfigurationFailure
{
    private static readonly JsonSerializerOptions RelaxedJson = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static int _isInstalled;

    public static void InstallExitHandler(CommandLine command)
    {
        if (Interlocked.Exchange(ref _isInstalled, 1) == 0)
        {
            AppDomain.CurrentDomain.UnhandledException += (_, unhandled) =>
            {
                if (unhandled.ExceptionObject is ConfigurationException exception)
                {
                    Environment.Exit(command.Verb == "check" ? CheckVerb.ReportRejected(exception) : PrintErrors(exception));
                }
            };
        }
    }

    private static int PrintErrors(ConfigurationException exception)
    {
        var asText = !Console.IsErrorRedirected
            || string.Equals(Environment.GetEnvironmentVariable("CONSOLE__FORMAT"), "text", StringComparison.OrdinalIgnoreCase);
        foreach (var error in exception.Errors)
        {
            Console.Error.WriteLine(asText ? DescribeError(error) : FormatJson(error));
        }

        return 2;
    }

    private static string DescribeError(ConfigurationError error) => $"Configuration rejected: {error}";

    private static string FormatJson(ConfigurationError error) => new JsonObject
    {
        ["timestamp"] = Rfc3339Time.FormatTime(DateTimeOffset.UtcNow),
        ["level"] = "critical",
        ["logger"] = "Hosting.Configuration",
        ["event"] = "ConfigurationRejected",
        ["message"] = DescribeError(error),
        ["key"] = error.Key,
        ["value"] = error.Value,
    }.ToJsonString(RelaxedJson);
}
