using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using LogTailer.Lines;
using LogTailer.Sinks.Http;
using LogTailer.Transform;

namespace LogTailer.Sinks.Elasticsearch;

/// <summary>
/// The Elasticsearch bulk API. The id of each document is derived from file, offset and content, so that a line sent twice is stored once.
/// The response has one result per line, in order.
/// </summary>
internal sealed class ElasticsearchFormat(SinkOptions options) : IWireFormat
{
    private const int Conflict = 409;

    private const string MissingIndexRemedy =
        "Correct Sink:Index, or create that index or data stream (action.auto_create_index is off for it). The lines are kept and retried.";

    private readonly byte[] _index = options.Index.Length == 0
        ? []
        : Encoding.UTF8.GetBytes($"\"_index\":\"{JsonEncodedText.Encode(options.Index)}\",");

    public string ContentType => "application/x-ndjson";

    public string DefaultPath => "/_bulk";

    public bool RequiresText => true;

    public int MaxBatchLines => int.MaxValue;

    public string[] RetryReasons => ["answer", "item"];

    public void AddAuthorization(HttpRequestHeaders headers, string token)
        => headers.Authorization = new AuthenticationHeaderValue("ApiKey", token);

    public void EncodeLines(LineBatch batch, ReadOnlySpan<int> lines, ByteBuffer body)
    {
        foreach (var line in lines)
        {
            var origin = batch.GetOrigin(line);
            body.AppendBytes("{\"create\":{"u8);
            body.AppendBytes(_index);
            body.AppendBytes(Encoding.ASCII.GetBytes($"\"_id\":\"{DeriveId(origin, batch[line])}\"}}}}\n"));
            AppendDocument(batch[line], origin.ModifiedAt, body);
            body.AppendByte((byte)'\n');
        }
    }

    public Uri? GetIndexUrl(Uri url)
    {
        var indexInPath = url.Segments is [.., var index, "_bulk"] && index != "/" ? index.Trim('/') : "";
        var name = options.Index.Length > 0 ? Uri.EscapeDataString(options.Index) : indexInPath;
        var bulk = url.AbsolutePath.LastIndexOf("_bulk", StringComparison.Ordinal);

        if (name.Length == 0 || bulk < 0)
        {
            return null;
        }

        var prefixLength = bulk - (indexInPath.Length == 0 ? 0 : indexInPath.Length + 1);
        return new Uri(url, url.AbsolutePath[..prefixLength] + name);
    }

    public SendResult InterpretSuccess(int status, ReadOnlySpan<byte> response, ReadOnlySpan<int> lines)
    {
        try
        {
            return ReadItems(response, lines);
        }
        catch (Exception exception)
            when (exception is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return SendResult.InvalidResponse("the Elasticsearch bulk API", exception);
        }
    }

    private static SendResult ReadItems(ReadOnlySpan<byte> response, ReadOnlySpan<int> lines)
    {
        var reader = new Utf8JsonReader(response);
        using var document = JsonDocument.ParseValue(ref reader);

        if (!document.RootElement.GetProperty("errors").GetBoolean())
        {
            return SendResult.Accepted;
        }

        var retryLines = new List<int>();
        var rejectedLines = new List<(int, string)>();
        var (retryReason, remedy) = ("", "Retrying these lines. Check the health of the cluster and its write queue.");
        var position = 0;

        foreach (var item in document.RootElement.GetProperty("items").EnumerateArray())
        {
            if (position == lines.Length)
            {
                throw new FormatException($"It contains more results than the {lines.Length} lines of the request.");
            }

            var line = lines[position++];
            var result = item.EnumerateObject().First().Value;
            var status = result.GetProperty("status").GetInt32();

            if (status is (>= 200 and < 300) or Conflict)
            {
                continue;
            }

            var reason = result.TryGetProperty("error", out var error) ? $"{status}: {error.GetRawText()}" : $"{status}";

            if (status is 429 or >= 500)
            {
                retryLines.Add(line);
                retryReason = reason;
            }
            else if (status == 404 && reason.Contains("index_not_found", StringComparison.Ordinal))
            {
                // A configuration error, not a fault of the lines.
                retryLines.Add(line);
                (retryReason, remedy) = (reason, MissingIndexRemedy);
            }
            else
            {
                rejectedLines.Add((line, reason));
            }
        }

        // Lines without a result are sent again. If they were stored, the store reports a conflict for their ids.
        for (; position < lines.Length; position++)
        {
            retryLines.Add(lines[position]);
            retryReason = "no result for some lines";
        }

        if (retryLines.Count == 0)
        {
            return SendResult.Accepted with { RejectedLines = rejectedLines };
        }

        var message = $"Elasticsearch did not accept {retryLines.Count} of {lines.Length} lines: {retryReason}";
        return new SendResult(SendOutcome.Retry, message, "item")
        {
            RetryLines = retryLines,
            RejectedLines = rejectedLines,
            Remedy = remedy,
        };
    }

    private static string DeriveId(in LineBatch.Entry origin, ReadOnlySpan<byte> line)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(line, digest);

        // The content is part of the id, because a truncated file or a reused inode can have another line at the same offset.
        var (device, inode) = origin.File.Identity;
        return string.Create(
            CultureInfo.InvariantCulture, $"{device:x}-{inode:x}-{origin.Offset:x}-{Convert.ToHexStringLower(digest[..8])}");
    }

    private static void AppendDocument(ReadOnlySpan<byte> line, DateTime modifiedAt, ByteBuffer body)
    {
        var fields = LineFields.ParseLine(line);

        if (fields is { IsObject: true, HasElasticTimestamp: true })
        {
            body.AppendBytes(line);
            return;
        }

        // Data streams require a @timestamp. It is added before the other fields.
        var time = (fields.Timestamp?.UtcDateTime ?? modifiedAt).ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture);
        body.AppendBytes(Encoding.ASCII.GetBytes($"{{\"@timestamp\":\"{time}\""));

        if (fields.IsObject)
        {
            body.AppendBytes(fields.IsEmptyObject ? ""u8 : ","u8);
            body.AppendBytes(line[1..]);
            return;
        }

        body.AppendBytes(",\"message\":"u8);
        LineTransform.AppendJsonString(body, line);
        body.AppendByte((byte)'}');
    }
}
