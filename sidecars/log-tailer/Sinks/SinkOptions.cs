using System.ComponentModel.DataAnnotations;
using LogTailer.Flow;

namespace LogTailer.Sinks;

/// <summary>One destination of the lines.</summary>
public sealed class SinkOptions : IValidatable
{
    /// <summary>What a timer can be set to.</summary>
    private static readonly TimeSpan LongestTimeout = TimeSpan.FromDays(24);

    /// <summary>Which kind. Default <c>stdout</c>.</summary>
    public SinkType Type { get; set; } = SinkType.Stdout;

    /// <summary>The <c>file</c> sink's file, appended to.</summary>
    public string Path { get; set; } = "";

    /// <summary>The server of an HTTP sink. Where only the server is named (<c>http://loki:3100</c>), the path that its protocol has is added.</summary>
    public Uri? Url { get; set; }

    /// <summary>What happens while the sink takes nothing: <c>wait</c> (default: reading stops, the file is the buffer) or <c>drop</c> (new lines are dropped and counted).</summary>
    public WhenFull OnFull { get; set; } = WhenFull.Wait;

    /// <summary>How many bytes of lines may be read ahead of the sink. Default 1 MiB.</summary>
    [Range(512 * 1024, 1024 * 1024 * 1024)]
    public long MaxInFlightBytes { get; set; } = 1024 * 1024;

    /// <summary>A batch is sent once it has so many bytes of lines. Default 1 MiB.</summary>
    [Range(1, 64 * 1024 * 1024)]
    public int BatchBytes { get; set; } = 1024 * 1024;

    /// <summary>A batch is sent once it has so many lines. Default 5000; Datadog's own limit of 1000 holds there.</summary>
    [Range(1, 1_000_000)]
    public int BatchLines { get; set; } = 5000;

    /// <summary>A batch is sent at the latest so long after its first line. Default 1 s.</summary>
    public TimeSpan BatchWait { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Whether requests are compressed. Default true; a server that answers 415 gets them plain.</summary>
    public bool Gzip { get; set; } = true;

    /// <summary>How long one request may take. Default 30 s.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>For how long a batch is tried before its lines go to the dead-letter file. Default 0: for ever.</summary>
    public TimeSpan MaxAge { get; set; }

    /// <summary>The first wait after a failure; it doubles with each, and each is a random part of it. Default 500 ms.</summary>
    public TimeSpan RetryFrom { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The longest wait between two attempts. Default 60 s.</summary>
    public TimeSpan RetryUpTo { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Certificate authorities to trust instead of the system's, PEM. Read again when it changes.</summary>
    public string CaFile { get; set; } = "";

    /// <summary>The client's certificate, PEM, with <see cref="ClientKeyFile"/>. Read again when it changes.</summary>
    public string ClientCertificateFile { get; set; } = "";

    /// <summary>The private key of the client's certificate, PEM.</summary>
    public string ClientKeyFile { get; set; } = "";

    /// <summary>A file with the token, API key or password. Read again when it changes.</summary>
    public string TokenFile { get; set; } = "";

    /// <summary>The token, API key or password itself, from the environment or the configuration file.</summary>
    [Secret]
    public string Token { get; set; } = "";

    /// <summary>With a name the token is a password (HTTP Basic). Default: none, and the token goes as the store wants it.</summary>
    public string Username { get; set; } = "";

    /// <summary>Headers for every request.</summary>
    public Dictionary<string, string> Headers { get; set; } = [];

    /// <summary>
    /// Few, bounded: Loki's stream labels, OTLP's resource attributes, Datadog's tags, Splunk's indexed fields.
    /// Default for Loki <c>job=log-tailer</c>, for OTLP <c>service.name=log-tailer</c>; else none.
    /// </summary>
    public Dictionary<string, string> Labels { get; set; } = [];

    /// <summary>Loki's tenant (<c>X-Scope-OrgID</c>). Default: none.</summary>
    public string Tenant { get; set; } = "";

    /// <summary>Elasticsearch's index or data stream, or Splunk's index. Default: the one that the URL names, or the store's own default.</summary>
    public string Index { get; set; } = "";

    /// <summary>Splunk's sourcetype. Default <c>_json</c>.</summary>
    public string SourceType { get; set; } = "_json";

    /// <summary>Whether it is reached by HTTP.</summary>
    internal bool IsHttp => Type is not (SinkType.Stdout or SinkType.File);

    /// <inheritdoc/>
    public IEnumerable<ConfigurationError> Validate(string path)
    {
        if (Type == SinkType.File && Path.Length == 0)
        {
            yield return new ConfigurationError($"{path}Path", null, "The file sink needs a file to append to.");
        }

        if (IsHttp && Url is null)
        {
            yield return new ConfigurationError($"{path}Url", null, $"The {Type.ToString().ToLowerInvariant()} sink needs the address of its server, such as http://logs:3100.");
        }

        if (ClientCertificateFile.Length > 0 != ClientKeyFile.Length > 0)
        {
            yield return new ConfigurationError($"{path}ClientKeyFile", ClientKeyFile, "A client certificate is a pair: give both ClientCertificateFile and ClientKeyFile.");
        }

        if (Type == SinkType.Elasticsearch && Url is { AbsolutePath: "/" } && Index.Length == 0)
        {
            yield return new ConfigurationError($"{path}Index", null, "Name the index or data stream, here or in the Url (https://es:9200/logs-app-default/_bulk).");
        }

        if (RetryFrom <= TimeSpan.Zero || RetryUpTo < RetryFrom)
        {
            yield return new ConfigurationError($"{path}RetryUpTo", RetryUpTo.ToString(), "Waits must be longer than 0, and RetryUpTo not shorter than RetryFrom.");
        }

        if (Timeout <= TimeSpan.Zero || Timeout > LongestTimeout)
        {
            yield return new ConfigurationError($"{path}Timeout", Timeout.ToString(), "Give a time longer than 0 and of at most 24 days, such as 30s.");
        }

        foreach (var (name, value) in Headers)
        {
            if (!IsRequestHeader(name))
            {
                yield return new ConfigurationError($"{path}Headers:{name}", null, "This is no header that can be set: Content-Type and the other headers of the content are the sink's own, and a name has no spaces or colons.");
            }
            else if (value.Any(char.IsControl))
            {
                yield return new ConfigurationError($"{path}Headers:{name}", null, "A header's value is one line: take out the line break or control character.");
            }
        }

        if (Token.Trim().Any(char.IsControl))
        {
            yield return new ConfigurationError($"{path}Token", null, "A token is one line: take out the line break or control character.");
        }

        if (Tenant.Any(char.IsControl))
        {
            yield return new ConfigurationError($"{path}Tenant", Tenant, "A tenant is one line: take out the line break or control character.");
        }
    }

    private static bool IsRequestHeader(string name)
    {
        using var request = new HttpRequestMessage();
        return request.Headers.TryAddWithoutValidation(name, "");
    }
}
