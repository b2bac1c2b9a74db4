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
/// The bulk API. Every line is created under an id made of file, offset and content, so that a line that is sent twice is
/// one document; the answer has a result for each, in order.
/// </summary>
internal sealed class ElasticsearchFormat(SinkOptions options) : IWireFormat
{
    private const int Conflict = 409;

    private readonly byte[] _index = options.Index.Length == 0 ? [] : Encoding.UTF8.GetBytes($"\"_index\":{JsonSerializer.Serialize(options.Index)},");

    public string ContentType => "application/x-ndjson";

    public string DefaultPath => "/_bulk";

    public bool NeedsText => true;

    public int MaxLines => int.MaxValue;

    public void Authorize(HttpRequestHeaders headers, string token) => headers.Authorization = new AuthenticationHeaderValue("ApiKey", token);

    public void Encode(LineBatch batch, ReadOnlySpan<int> lines, ByteBuffer body)
    {
        foreach (var line in lines)
        {
            var source = batch.Source(line);
            body.Append("{\"create\":{"u8);
            body.Append(_index);
            body.Append(Encoding.ASCII.GetBytes($"\"_id\":\"{IdOf(source, batch[line])}\"}}}}\n"));
            AppendDocument(batch[line], source.Written, body);
            body.Append((byte)'\n');
        }
    }

    public Uri? IndexUrl(Uri url)
    {
        var inPath = url.Segments is [.., var index, "_bulk"] && index != "/" ? index.Trim('/') : "";
        var name = options.Index.Length > 0 ? Uri.EscapeDataString(options.Index) : inPath;
        var bulk = url.AbsolutePath.LastIndexOf("_bulk", StringComparison.Ordinal);
        return name.Length == 0 || bulk < 0 ? null : new Uri(url, url.AbsolutePath[..(bulk - (inPath.Length == 0 ? 0 : inPath.Length + 1))] + name);
    }

    public Verdict Judge(int status, ReadOnlySpan<byte> answer, ReadOnlySpan<int> lines)
    {
        try
        {
            return Read(answer, lines);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return new Verdict(Outcome.Retry, $"The answer to the bulk request is not Elasticsearch's: {exception.Message}", "answer") { Remedy = "See what answers at Sink:Url: perhaps a proxy." };
        }
    }

    private static Verdict Read(ReadOnlySpan<byte> answer, ReadOnlySpan<int> lines)
    {
        var reader = new Utf8JsonReader(answer);
        using var document = JsonDocument.ParseValue(ref reader);

        if (!document.RootElement.GetProperty("errors").GetBoolean())
        {
            return Verdict.Accepted;
        }

        var again = new List<int>();
        var dead = new List<(int, string)>();
        var (why, remedy) = ("", "They are sent again. See the cluster's health and its write queue.");
        var position = 0;

        foreach (var item in document.RootElement.GetProperty("items").EnumerateArray())
        {
            if (position == lines.Length)
            {
                throw new FormatException($"It has more results than the {lines.Length} lines that were sent.");
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
                again.Add(line);
                why = reason;
            }
            else if (status == 404 && reason.Contains("index_not_found", StringComparison.Ordinal))
            {
                // The lines are not to blame.
                again.Add(line);
                (why, remedy) = (reason, "Correct Sink:Index, or make that index or data stream (action.auto_create_index is off for it). The lines are kept and sent again.");
            }
            else
            {
                dead.Add((line, reason));
            }
        }

        // An answer for fewer lines than were sent says nothing of the rest: they are sent again, and found to be there or not.
        for (; position < lines.Length; position++)
        {
            again.Add(lines[position]);
            why = "no result for some lines";
        }

        return again.Count == 0
            ? Verdict.Accepted with { Dead = dead }
            : new Verdict(Outcome.Retry, $"Elasticsearch did not take {again.Count} of {lines.Length} lines: {why}", "item") { Again = again, Dead = dead, Remedy = remedy };
    }

    private static string IdOf(in LineBatch.Entry source, ReadOnlySpan<byte> line)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(line, digest);

        // The content tells from a line that stood there before a truncation, or in a file that had the same inode.
        return string.Create(CultureInfo.InvariantCulture, $"{source.File.Identity.Device:x}-{source.File.Identity.Inode:x}-{source.Offset:x}-{Convert.ToHexStringLower(digest[..8])}");
    }

    private static void AppendDocument(ReadOnlySpan<byte> line, DateTime written, ByteBuffer body)
    {
        var facts = LineFacts.Of(line);

        if (facts is { IsObject: true, HasElasticTimestamp: true })
        {
            body.Append(line);
            return;
        }

        // Data streams want a @timestamp: put in front of what stands there.
        var time = (facts.Timestamp?.UtcDateTime ?? written).ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture);
        body.Append(Encoding.ASCII.GetBytes($"{{\"@timestamp\":\"{time}\""));

        if (facts.IsObject)
        {
            body.Append(facts.IsEmptyObject ? ""u8 : ","u8);
            body.Append(line[1..]);
            return;
        }

        body.Append(",\"message\":"u8);
        LineTransform.AppendString(body, line);
        body.Append((byte)'}');
    }
}
