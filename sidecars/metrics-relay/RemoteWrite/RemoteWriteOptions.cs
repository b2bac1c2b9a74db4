using Hosting;

namespace MetricsRelay.RemoteWrite;

/// <summary>Forwards every scrape by Prometheus remote write 1.0.</summary>
public sealed class RemoteWriteOptions : IValidatable
{
    /// <summary>The receiver, such as <c>http://prometheus:9090/api/v1/write</c>. Default: none, nothing is forwarded.</summary>
    public Uri? Url { get; set; }

    /// <summary>Time within which the receiver must have answered. Default 30 s.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>User of basic authentication. Default: none.</summary>
    public string Username { get; set; } = "";

    /// <summary>File that holds the password; read for each request. Default: none.</summary>
    public string PasswordFile { get; set; } = "";

    /// <summary>File that holds a bearer token; read for each request. Default: none.</summary>
    public string BearerTokenFile { get; set; } = "";

    /// <inheritdoc/>
    public IEnumerable<ConfigurationError> Validate(string path)
    {
        if (Timeout <= TimeSpan.Zero || Timeout > TimeSpan.FromHours(1))
        {
            yield return new ConfigurationError($"{path}{nameof(Timeout)}", Timeout.ToString(), "must be more than 0 and at most an hour.");
        }

        if (BearerTokenFile.Length > 0 && Username.Length > 0)
        {
            yield return new ConfigurationError($"{path}{nameof(BearerTokenFile)}", BearerTokenFile, "excludes Username. Leave one out.");
        }

        if (PasswordFile.Length > 0 && Username.Length == 0)
        {
            yield return new ConfigurationError($"{path}{nameof(Username)}", null, "is required with PasswordFile.");
        }
    }
}
