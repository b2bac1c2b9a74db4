
namespace MetricsRelay.Forward;

/// <summary>How a receiver is spoken to. Every file is read again when it changes, so that credentials may rotate.</summary>
public abstract class ReceiverOptions : IValidatable
{
    /// <summary>Time within which the receiver must have answered. Default 30 s.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>User of basic authentication. Default: none.</summary>
    public string Username { get; set; } = "";

    /// <summary>File that holds the password; read for each request. Default: none.</summary>
    public string PasswordFile { get; set; } = "";

    /// <summary>File that holds a bearer token; read for each request. Default: none.</summary>
    public string BearerTokenFile { get; set; } = "";

    /// <summary>The only authorities that the receiver's certificate may come from, PEM. Default: those of the system.</summary>
    public string CaFile { get; set; } = "";

    /// <summary>The relay's own certificate, PEM, with <see cref="ClientKeyFile"/>. Default: none.</summary>
    public string ClientCertificateFile { get; set; } = "";

    /// <summary>The key to <see cref="ClientCertificateFile"/>, PEM. Default: none.</summary>
    public string ClientKeyFile { get; set; } = "";

    /// <summary>The key that names the receiver, and its value.</summary>
    internal abstract (string Key, Uri? Url) Address { get; }

    /// <inheritdoc/>
    public virtual IEnumerable<ConfigurationError> Validate(string path)
    {
        var (key, url) = Address;
        if (url is not null && (!url.IsAbsoluteUri || (url.Scheme != Uri.UriSchemeHttp && url.Scheme != Uri.UriSchemeHttps)))
        {
            yield return new ConfigurationError($"{path}{key}", url.ToString(), "is not an http or https URL.");
        }

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

        if (ClientCertificateFile.Length > 0 != ClientKeyFile.Length > 0)
        {
            yield return new ConfigurationError($"{path}{nameof(ClientKeyFile)}", ClientKeyFile,
                "A client certificate is a pair: give both ClientCertificateFile and ClientKeyFile.");
        }
    }
}
