using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;
using Agent.Requests;
using Microsoft.Net.Http.Headers;

namespace Agent.Validation;

/// <summary>
/// A request's JSON body, read field by field; whatever does not fit is gathered in <see cref="Errors"/>, so that the client
/// learns of everything at once. Errors and their order are those of FastAPI with pydantic 2 and <c>extra="forbid"</c>.
/// </summary>
internal sealed class RequestBody : IDisposable
{
    /// <summary>Deeper nesting than any body of ours has is refused before it costs anything.</summary>
    private static readonly JsonDocumentOptions ParserOptions = new() { MaxDepth = 32 };

    private readonly HttpContext _context;
    private readonly ReadOnlySequence<byte> _bytes;
    private JsonDocument? _document;
    private bool _disposed;

    private RequestBody(HttpContext context, ReadOnlySequence<byte> bytes) => (_context, _bytes) = (context, bytes);

    public ValidationErrors Errors { get; } = new();

    /// <summary>The body as it is, where it is a JSON object; else null, and an error says why.</summary>
    public JsonElement? Root => _document?.RootElement is { ValueKind: JsonValueKind.Object } root ? root : null;

    /// <summary>Waits for the whole body, which the server's limit bounds, and parses it. Dispose it before the answer is complete.</summary>
    /// <exception cref="BadHttpRequestException">Not JSON by its content type (415), too large (413), too slow (408), or cut off (400).</exception>
    /// <exception cref="FailedRequestException">It is not UTF-8 (400).</exception>
    public static async ValueTask<RequestBody> ReadAsync(HttpContext context)
    {
        if (!IsJson(context.Request.ContentType))
        {
            throw new BadHttpRequestException("not JSON", StatusCodes.Status415UnsupportedMediaType);
        }

        var reader = context.Request.BodyReader;
        while (true)
        {
            var result = await reader.ReadAsync(context.RequestAborted);
            if (result.IsCompleted)
            {
                return new RequestBody(context, result.Buffer).Parsed();
            }

            reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }
    }

    /// <summary>The text under <paramref name="name"/>, or an empty one and an error.</summary>
    public string RequiredText(string name, int maxChars) =>
        Required(name) is { } element ? Text(element, maxChars, name) : "";

    /// <summary>The texts under <paramref name="name"/>, or an empty list and errors.</summary>
    public IReadOnlyList<string> RequiredTexts(string name, int maxTexts, int maxChars)
    {
        if (Required(name) is not { } element)
        {
            return [];
        }

        if (element.ValueKind != JsonValueKind.Array)
        {
            Errors.Add("list_type", "Input should be a valid list", element, ["body", name]);
            return [];
        }

        var count = element.GetArrayLength();
        if (count == 0)
        {
            Errors.Add(
                "too_short", "List should have at least 1 item after validation, not 0", element, ["body", name],
                ("field_type", "List"), ("min_length", 1), ("actual_length", 0));
            return [];
        }

        if (count > maxTexts)
        {
            Errors.Add(
                "too_long", $"List should have at most {maxTexts} items after validation, not {count}", null, ["body", name],
                ("field_type", "List"), ("max_length", maxTexts), ("actual_length", count));
            return [];
        }

        var texts = new List<string>(count);
        foreach (var item in element.EnumerateArray())
        {
            texts.Add(Text(item, maxChars, name, texts.Count));
        }

        return texts;
    }

    /// <summary>Refuses every field but these: a misspelt one must not pass in silence.</summary>
    public void NothingBut(params ReadOnlySpan<string> names)
    {
        if (Root is not { } root)
        {
            return;
        }

        foreach (var field in root.EnumerateObject())
        {
            if (NameOf(field) is var name && !names.Contains(name))
            {
                Errors.Add("extra_forbidden", "Extra inputs are not permitted", field.Value, ["body", name]);
            }
        }
    }

    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _document?.Dispose();
            _context.Request.BodyReader.AdvanceTo(_bytes.End);
        }
    }

    /// <summary>Characters as Python counts them: code points.</summary>
    internal static int CodePoints(string text)
    {
        var count = text.Length;
        foreach (var c in text)
        {
            if (char.IsLowSurrogate(c))
            {
                count--;
            }
        }

        return count;
    }

    private static bool IsJson(string? contentType)
    {
        // As in FastAPI, a body without a type is taken for JSON.
        if (string.IsNullOrEmpty(contentType) || contentType == "application/json")
        {
            return true;
        }

        return MediaTypeHeaderValue.TryParse(contentType, out var type)
            && type.Type.Equals("application", StringComparison.OrdinalIgnoreCase)
            && (type.SubType.Equals("json", StringComparison.OrdinalIgnoreCase)
                || type.Suffix.Equals("json", StringComparison.OrdinalIgnoreCase));
    }

    private static string NameOf(JsonProperty field)
    {
        try
        {
            return field.Name;
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair, as "\ud800".
            return "\uFFFD";
        }
    }

    private RequestBody Parsed()
    {
        try
        {
            Parse();
            return this;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    private void Parse()
    {
        if (_bytes.IsEmpty)
        {
            Errors.Add("missing", "Field required", null, ["body"]);
            return;
        }

        if (!IsUtf8(_bytes))
        {
            throw new FailedRequestException(StatusCodes.Status400BadRequest, "There was an error parsing the body");
        }

        // Some clients begin with a byte order mark, which Python skips, too.
        var json = new SequenceReader<byte>(_bytes).IsNext("\uFEFF"u8) ? _bytes.Slice(3) : _bytes;
        try
        {
            _document = JsonDocument.Parse(json, ParserOptions);
        }
        catch (JsonException e)
        {
            var why = e.Message.AsSpan();
            var end = why.IndexOf(" LineNumber");
            Errors.AddInvalidJson(Offset(json, e), end < 0 ? e.Message : why[..end].ToString());
            return;
        }

        switch (_document.RootElement.ValueKind)
        {
            case JsonValueKind.Object:
                break;
            case JsonValueKind.Null:
                Errors.Add("missing", "Field required", null, ["body"]);
                break;
            default:
                Errors.Add(
                    "model_attributes_type", "Input should be a valid dictionary or object to extract fields from",
                    _document.RootElement, ["body"]);
                break;
        }
    }

    private static bool IsUtf8(ReadOnlySequence<byte> bytes) =>
        Utf8.IsValid(bytes.IsSingleSegment ? bytes.FirstSpan : bytes.ToArray());

    private JsonElement? Required(string name)
    {
        if (Root is not { } root)
        {
            return null;
        }

        if (root.TryGetProperty(name, out var element))
        {
            return element;
        }

        Errors.Add("missing", "Field required", root, ["body", name]);
        return null;
    }

    private string Text(JsonElement element, int maxChars, string name, int? index = null)
    {
        object[] Location() => index is { } i ? ["body", name, i] : ["body", name];

        if (element.ValueKind != JsonValueKind.String)
        {
            Errors.Add("string_type", "Input should be a valid string", element, Location());
            return "";
        }

        string text;
        try
        {
            text = element.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair or broken UTF-8: JSON allows the first, but it is no text.
            Errors.Add(
                "string_unicode", "Input should be a valid string, unable to parse raw data as a unicode string", null, Location());
            return "";
        }

        if (text.Length == 0)
        {
            Errors.Add(
                "string_too_short", "String should have at least 1 character", element, Location(), ("min_length", 1));
        }
        else if (text.Length > maxChars && CodePoints(text) > maxChars)
        {
            Errors.Add(
                "string_too_long", $"String should have at most {maxChars} characters", element, Location(), ("max_length", maxChars));
        }

        return text;
    }

    /// <summary>Where it goes wrong, counted in code points as FastAPI does.</summary>
    private static long Offset(ReadOnlySequence<byte> json, JsonException e)
    {
        var lines = e.LineNumber ?? 0;
        var offset = 0L;
        var rest = new SequenceReader<byte>(json);
        while (lines-- > 0 && rest.TryAdvanceTo((byte)'\n'))
        {
            offset = rest.Consumed;
        }

        var before = json.Slice(0, Math.Min(offset + (e.BytePositionInLine ?? 0), json.Length));
        before = before.Slice(0, before.Length - BrokenLiteral(before));
        var codePoints = 0L;
        foreach (var segment in before)
        {
            foreach (var b in segment.Span)
            {
                codePoints += (b & 0b1100_0000) == 0b1000_0000 ? 0 : 1;
            }
        }

        return codePoints;
    }

    /// <summary>How many bytes at the end are the beginning of true, false or null: the mistake is where the word begins.</summary>
    private static int BrokenLiteral(ReadOnlySequence<byte> before)
    {
        Span<byte> end = stackalloc byte[(int)Math.Min(4, before.Length)];
        before.Slice(before.Length - end.Length).CopyTo(end);
        for (var length = end.Length; length > 0; length--)
        {
            var word = end[^length..];
            if (length < 4 && ("true"u8.StartsWith(word) || "null"u8.StartsWith(word)) || length < 5 && "false"u8.StartsWith(word))
            {
                return length;
            }
        }

        return 0;
    }
}
