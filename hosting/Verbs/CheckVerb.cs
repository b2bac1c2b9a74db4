using Hosting.Configuration;
using Hosting.Health;

namespace Hosting.Verbs;

/// <summary>The <c>check</c> verb: prints one line per finding, and exits with 1 if one of them is a failure.</summary>
internal static class CheckVerb
{
    public static async Task<int> RunChecksAsync(
        IServiceProvider services, string? configurationFile, IEnumerable<ConfigurationError> warnings, CancellationToken cancellationToken)
    {
        var failed = PrintFinding(Finding.Ok("configuration", $"valid ({configurationFile ?? "no file"})."));
        foreach (var warning in warnings)
        {
            PrintFinding(Finding.Warning("configuration", warning.ToString(), ""));
        }

        foreach (var check in services.GetServices<ICheck>())
        {
            try
            {
                await foreach (var finding in check.CheckEnvironmentAsync(cancellationToken))
                {
                    failed |= PrintFinding(finding);
                }
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                var message = $"the check itself failed: {exception.GetType().Name}: {exception.Message}";
                failed |= PrintFinding(Finding.Failure(check.GetType().Name, message, "Please report this."));
            }
        }

        return failed ? 1 : 0;
    }

    /// <summary>Prints the errors of a rejected configuration as findings.</summary>
    public static int ReportRejected(ConfigurationException exception)
    {
        foreach (var error in exception.Errors)
        {
            PrintFinding(new Finding(FindingSeverity.Failure, "configuration", error.ToString()));
        }

        return 1;
    }

    private static bool PrintFinding(Finding finding)
    {
        Console.Out.WriteLine(finding);
        return finding.Severity == FindingSeverity.Failure;
    }
}
