using Hosting.Configuration;
namespace Hosting.Health;

/// <summary>The <c>check</c> verb: a line a finding, exit code 1 when one of them is a failure.</summary>
internal static class CheckVerb
{
    public static async Task<int> RunAsync(IServiceProvider services, string? configurationFile, IEnumerable<ConfigurationError> warnings, CancellationToken cancellationToken)
    {
        var failed = Print(Finding.Ok("configuration", configurationFile is null ? "valid (no file)." : $"valid ({configurationFile})."));
        foreach (var warning in warnings)
        {
            Print(Finding.Warning("configuration", warning.ToString(), ""));
        }

        foreach (var check in services.GetServices<ICheck>())
        {
            try
            {
                await foreach (var finding in check.CheckEnvironmentAsync(cancellationToken))
                {
                    failed |= Print(finding);
                }
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                failed |= Print(Finding.Failure(check.GetType().Name, $"the check itself failed: {e.GetType().Name}: {e.Message}", "Please report this."));
            }
        }

        return failed ? 1 : 0;
    }

    /// <summary>What <c>check</c> says of a configuration that is refused.</summary>
    public static int Refused(ConfigurationException refused)
    {
        foreach (var error in refused.Errors)
        {
            Print(new Finding(FindingSeverity.Failure, "configuration", error.ToString()));
        }

        return 1;
    }

    private static bool Print(Finding finding)
    {
        Console.Out.WriteLine(finding);
        return finding.Severity == FindingSeverity.Failure;
    }
}
