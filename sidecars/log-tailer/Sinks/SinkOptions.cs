using System.ComponentModel.DataAnnotations;
using LogTailer.Blocks;

namespace LogTailer.Sinks;

/// <summary>One destination of the lines.</summary>
public sealed class SinkOptions : IValidatable
{
    /// <summary>The limit of .NET timers.</summary>
    private static readonly TimeSpan MaxTimeout = TimeSpan.FromDays(24);

    /// <summary>The kind of destination. Default <c>stdout</c>.</summary>
    public SinkType Type { get; set; } = SinkType.Stdout;

    /// <summary>The file that the <c>file</c> sink appends to.</summary>
    public string Path { get; set; } = "";

    /// <summary>The URL of an HTTP sink. Without a path (<c>http://loki:3100</c>), the default path of the protocol is used.</summary>
    public Uri? Url { get; set; }

    /// <summary>
    /// The behavior while the sink accepts no lines: <c>wait</c> (default: reading stops, the file is the buffer) or <c>drop</c> (new lines
    /// are dropped and counted).
    /// </summary>
    public BackpressureMode OnFull { get; set; } = BackpressureMode.Wait;

    /// <summary>The maximum number of bytes that are read but not acknowledged. Default 1 MiB.</summary>
    [Range(512 * 1024, 1024 * 1024 * 1024)]
    public long MaxInFlightBytes { get; set; } = 1024 * 1024;

    /// <summary>The size at which a batch is sent, in bytes of lines. Default 1 MiB.</summary>
    [Range(1, 64 * 1024 * 1024)]
    public int BatchBytes { get; set; } = 1024 * 1024;

    /// <summary>The number of lines at which a batch is sent. Default 5000; Datadog accepts at most 1000.</summary>
    [Range(1, 1_000_000)]
    public int BatchLines { get; set; } = 5000;

    /// <summary>The maximum time from the first line of a batch until it is sent. Default 1 s.</summary>
    public TimeSpan BatchWait { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Whether requests are compressed. Default true. After a 415 response they are sent uncompressed.</summary>
    public bool Gzip { get; set; } = true;

    /// <summary>The timeout of one request. Default 30 s.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The time after which an undeliverable batch is written to the dead-letter file. Default 0: retry without limit.</summary>
    public TimeSpan MaxAge { get; set; }

    /// <summary>The initial retry delay. Doubles with each failure; the actual delay is a random part of it. Default 500 ms.</summary>
    public TimeSpan RetryFrom { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The maximum retry delay. Default 60 s.</summary>
    public TimeSpan RetryUpTo { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>A PEM file of certificate authorities that are trusted instead of the system's. Reloaded when it changes.</summary>
    public string CaFile { get; set; } = "";

    /// <summary>The client certificate (PEM), used with <see cref="ClientKeyFile"/>. Reloaded when it changes.</summary>
    public string ClientCertificateFile { get; set; } = "";

    /// <summary>The private key of the client certificate (PEM).</summary>
    public string ClientKeyFile { get; set; } = "";

    /// <summary>A file with the token, API key or password. Reloaded when it changes.</summary>
    public string TokenFile { get; set; } = "";

    /// <summary>The token, API key or password as a value, from the environment or the configuration file.</summary>
    [Secret]
    public string Token { get; set; } = "";

    /// <summary>
    /// The user name for HTTP Basic authentication, with the token as password. Default: none, the token is sent as the store requires.
    /// </summary>
    public string Username { get; set; } = "";

    /// <summary>Additional headers of every request.</summary>
    public Dictionary<string, string> Headers { get; set; } = [];

    /// <summary>
    /// A few constant values: Loki's stream labels, OTLP's resource attributes, Datadog's tags, Splunk's indexed fields.
    /// Default for Loki <c>job=log-tailer</c>, for OTLP <c>service.name=log-tailer</c>; otherwise none.
    /// </summary>
    public Dictionary<string, string> Labels { get; set; } = [];

    /// <summary>Loki's tenant (<c>X-Scope-OrgID</c>). Default: none.</summary>
    public string Tenant { get; set; } = "";

    /// <summary>
    /// The index or data stream of Elasticsearch, or the index of Splunk. Default: the one in the URL, or the default of the store.
    /// </summary>
    public string Index { get; set; } = "";

    /// <summary>The sourcetype for Splunk. Default <c>_json</c>.</summary>
    public string SourceType { get; set; } = "_json";

    /// <summary>Whether lines are sent over HTTP.</summary>
    internal bool IsHttp => Type is not (SinkType.Stdout or SinkType.File);

    /// <inheritdoc/>
    public IEnumerable<ConfigurationError> Validate(string path)
    {
        if (Type == SinkType.File && Path.Length == 0)
        {
            yield return new ConfigurationError($"{path}Path", null, "Set the path of the file that the file sink appends to.");
        }

        if (IsHttp && Url is null)
        {
            yield return new ConfigurationError(
                $"{path}Url",
                null,
                $"Set the URL of the {Type.ToString().ToLowerInvariant()} server, such as http://logs:3100.");
        }

        if (ClientCertificateFile.Length > 0 != ClientKeyFile.Length > 0)
        {
            yield return new ConfigurationError(
                $"{path}ClientKeyFile",
                ClientKeyFile,
                "Set both ClientCertificateFile and ClientKeyFile, or neither.");
        }

        if (Type == SinkType.Elasticsearch && Url is { AbsolutePath: "/" } && Index.Length == 0)
        {
            yield return new ConfigurationError(
                $"{path}Index",
                null,
                "Set the index or data stream here, or in the Url (https://es:9200/logs-app-default/_bulk).");
        }

        if (RetryFrom <= TimeSpan.Zero || RetryUpTo < RetryFrom)
        {
            yield return new ConfigurationError(
                $"{path}RetryUpTo",
                RetryUpTo.ToString(),
                "Set durations greater than 0, with RetryUpTo at least as long as RetryFrom.");
        }

        if (Timeout <= TimeSpan.Zero || Timeout > MaxTimeout)
        {
            yield return new ConfigurationError(
                $"{path}Timeout",
                Timeout.ToString(),
                "Set a duration greater than 0 and at most 24 days, such as 30s.");
        }

        foreach (var (name, value) in Headers)
        {
            if (!IsRequestHeader(name))
            {
                yield return new ConfigurationError(
                    $"{path}Headers:{name}",
                    null,
                    "This header cannot be set: the sink sets Content-Type and the other content headers, and a header name has no spaces "
                    + "or colons.");
            }
            else if (value.Any(char.IsControl))
            {
                yield return new ConfigurationError(
                    $"{path}Headers:{name}",
                    null,
                    "Remove the line break or control character: a header value is a single line.");
            }
        }

        if (Token.Trim().Any(char.IsControl))
        {
            yield return new ConfigurationError(
                $"{path}Token",
                null,
                "Remove the line break or control character: a token is a single line.");
        }

        if (Tenant.Any(char.IsControl))
        {
            yield return new ConfigurationError(
                $"{path}Tenant",
                Tenant,
                "Remove the line break or control character: a tenant is a single line.");
        }
    }

    private static bool IsRequestHeader(string name)
    {
        using var request = new HttpRequestMessage();
        return request.Headers.TryAddWithoutValidation(name, "");
    }
}
