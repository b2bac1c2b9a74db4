namespace MetricsRelay.Forwarding;

/// <summary>The connection to a receiver. Credentials and certificates are read again for each request, so they may be rotated.</summary>
public abstract class ReceiverOptions : IValidatable
{
    /// <summary>The time limit for a response. Default 30 s.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The user name for basic authentication. Default: none.</summary>
    public string Username { get; set; } = "";

    /// <summary>A file with the password. Default: none.</summary>
    public string PasswordFile { get; set; } = "";

    /// <summary>A file with a bearer token. Default: none.</summary>
    public string BearerTokenFile { get; set; } = "";

    /// <summary>A PEM file with the only certificate authorities that are trusted. Default: those of the system.</summary>
    public string CaFile { get; set; } = "";

    /// <summary>A PEM file with the client certificate of the relay, used with <see cref="ClientKeyFile"/>. Default: none.</summary>
    public string ClientCertificateFile { get; set; } = "";

    /// <summary>A PEM file with the key of <see cref="ClientCertificateFile"/>. Default: none.</summary>
    public string ClientKeyFile { get; set; } = "";

    /// <summary>The key with the address of the receiver, and its value.</summary>
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
            yield return new ConfigurationError($"{path}{nameof(Timeout)}", Timeout.ToString(), "must be more than 0 and at most 1 hour.");
        }

        if (BearerTokenFile.Length > 0 && Username.Length > 0)
        {
            yield return new ConfigurationError(
                $"{path}{nameof(BearerTokenFile)}", BearerTokenFile, "cannot be combined with Username. Remove one.");
        }

        if (PasswordFile.Length > 0 && Username.Length == 0)
        {
            yield return new ConfigurationError($"{path}{nameof(Username)}", null, "is required when PasswordFile is set.");
        }

        if (ClientCertificateFile.Length > 0 != ClientKeyFile.Length > 0)
        {
            yield return new ConfigurationError($"{path}{nameof(ClientKeyFile)}", ClientKeyFile,
                "A client certificate needs its key: set both ClientCertificateFile and ClientKeyFile.");
        }
    }
}
