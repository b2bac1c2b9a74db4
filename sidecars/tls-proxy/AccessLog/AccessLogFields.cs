using System.Text.Json;

namespace TlsProxy.AccessLog;

/// <summary>The field names and fixed values of a line, escaped once.</summary>
internal static class AccessLogFields
{
    public static readonly JsonEncodedText Timestamp = JsonEncodedText.Encode("timestamp");
    public static readonly JsonEncodedText Level = JsonEncodedText.Encode("level");
    public static readonly JsonEncodedText Warning = JsonEncodedText.Encode("warning");
    public static readonly JsonEncodedText Info = JsonEncodedText.Encode("info");
    public static readonly JsonEncodedText Event = JsonEncodedText.Encode("event");
    public static readonly JsonEncodedText Request = JsonEncodedText.Encode("request");
    public static readonly JsonEncodedText RequestId = JsonEncodedText.Encode("request_id");
    public static readonly JsonEncodedText TraceId = JsonEncodedText.Encode("trace_id");
    public static readonly JsonEncodedText Client = JsonEncodedText.Encode("client");
    public static readonly JsonEncodedText TlsVersion = JsonEncodedText.Encode("tls_version");
    public static readonly JsonEncodedText TlsCipher = JsonEncodedText.Encode("tls_cipher");
    public static readonly JsonEncodedText ServerName = JsonEncodedText.Encode("sni");
    public static readonly JsonEncodedText ClientSubject = JsonEncodedText.Encode("client_subject");
    public static readonly JsonEncodedText Protocol = JsonEncodedText.Encode("protocol");
    public static readonly JsonEncodedText Method = JsonEncodedText.Encode("method");
    public static readonly JsonEncodedText Host = JsonEncodedText.Encode("host");
    public static readonly JsonEncodedText Path = JsonEncodedText.Encode("path");
    public static readonly JsonEncodedText Status = JsonEncodedText.Encode("status");
    public static readonly JsonEncodedText Error = JsonEncodedText.Encode("error");
    public static readonly JsonEncodedText Success = JsonEncodedText.Encode("success");
    public static readonly JsonEncodedText StatusCode = JsonEncodedText.Encode("status_code");
    public static readonly JsonEncodedText Bytes = JsonEncodedText.Encode("bytes");
    public static readonly JsonEncodedText UpstreamMilliseconds = JsonEncodedText.Encode("upstream_ms");
    public static readonly JsonEncodedText LatencyMilliseconds = JsonEncodedText.Encode("latency_ms");
    public static readonly JsonEncodedText Identity = JsonEncodedText.Encode("identity");
    public static readonly JsonEncodedText Cluster = JsonEncodedText.Encode("cluster");
    public static readonly JsonEncodedText Truncated = JsonEncodedText.Encode("truncated");
    public static readonly JsonEncodedText Attempts = JsonEncodedText.Encode("attempts");
}
