using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;
using Agent.Requests;
using Microsoft.Net.Http.Headers;

namespace Agent.Validation;

/// <summary>A request's JSON body, parsed from the server's buffers without a copy.</summary>
internal sealed class RequestBody : IDisposable
{
    /// <summary>No valid body nests this deep, so deeper ones are rejected early.</summary>
    private static readonly JsonDocumentOptions ParserOptions = new() { MaxDepth = 32 };

    private readonly HttpContext _context;
    private readonly ReadOnlySequence<byte> _bytes;
    private JsonDocument? _document;
    private bool _disposed;

    private RequestBody(HttpContext context, ReadOnlySequence<byte> bytes) => (_context, _bytes) = (context, bytes);

    public ValidationErrors Errors { get; } = new();

    /// <summary>The body if it is a JSON object; else null, and <see cref="Errors"/> has the reason.</summary>
    public JsonElement? Root => _document?.RootElement is { ValueKind: JsonValueKind.Object } root ? root : null;

    /// <summary>Reads the fields of <see cref="Root"/>.</summary>
    public BodyReader Fields => new(Root, Errors);

    /// <summary>
    /// Reads the complete body, which the server's limit bounds, and parses it. Dispose it before the response is complete.
    /// </summary>
    /// <exception cref="BadHttpRequestException">
    /// The content type is not JSON (415); the body is too large (413), too slow (408) or incomplete (400).
    /// </exception>
    /// <exception cref="FailedRequestException">The body is not valid UTF-8 (400).</exception>
    public static async ValueTask<RequestBody> ReadBodyAsync(HttpContext context)
    {
        if (!IsJson(context.Request.ContentType))
        {
            throw new BadHttpRequestException("The content type is not JSON.", StatusCodes.Status415UnsupportedMediaType);
        }

        var reader = context.Request.BodyReader;
        while (true)
        {
            var result = await reader.ReadAsync(context.RequestAborted);
            if (result.IsCompleted)
            {
                return CreateParsed(context, result.Buffer);
            }

            reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
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

    private static bool IsJson(string? contentType)
    {
        // Like FastAPI, treat a body without a type as JSON.
        if (string.IsNullOrEmpty(contentType) || contentType == "application/json")
        {
            return true;
        }

        return MediaTypeHeaderValue.TryParse(contentType, out var type)
            && type.Type.Equals("application", StringComparison.OrdinalIgnoreCase)
            && (type.SubType.Equals("json", StringComparison.OrdinalIgnoreCase)
                || type.Suffix.Equals("json", StringComparison.OrdinalIgnoreCase));
    }

    private static RequestBody CreateParsed(HttpContext context, ReadOnlySequence<byte> bytes)
    {
        var body = new RequestBody(context, bytes);
        try
        {
            body.ParseBytes();
            return body;
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    private static bool IsUtf8(ReadOnlySequence<byte> bytes) =>
        Utf8.IsValid(bytes.IsSingleSegment ? bytes.FirstSpan : bytes.ToArray());

    private void ParseBytes()
    {
        if (_bytes.IsEmpty)
        {
            Errors.AddError("missing", "Field required", null, ["body"]);
            return;
        }

        if (!IsUtf8(_bytes))
        {
            throw new FailedRequestException(StatusCodes.Status400BadRequest, "There was an error parsing the body");
        }

        // Some clients send a byte order mark; FastAPI skips it as well.
        var json = new SequenceReader<byte>(_bytes).IsNext("\uFEFF"u8) ? _bytes.Slice(3) : _bytes;
        try
        {
            _document = JsonDocument.Parse(json, ParserOptions);
        }
        catch (JsonException exception)
        {
            var message = exception.Message.AsSpan();
            var end = message.IndexOf(" LineNumber");
            Errors.AddInvalidJson(SyntaxErrorPosition.FindOffset(json, exception), end < 0 ? exception.Message : message[..end].ToString());
            return;
        }

        switch (_document.RootElement.ValueKind)
        {
            case JsonValueKind.Object:
                break;
            case JsonValueKind.Null:
                Errors.AddError("missing", "Field required", null, ["body"]);
                break;
            default:
                Errors.AddError(
                    "model_attributes_type", "Input should be a valid dictionary or object to extract fields from",
                    _document.RootElement, ["body"]);
                break;
        }
    }
}
