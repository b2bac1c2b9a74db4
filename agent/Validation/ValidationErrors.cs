using System.Text.Json;
using Agent.Requests;

namespace Agent.Validation;

/// <summary>
/// What is wrong with a request, in FastAPI's shape: status 422 and
/// <c>{"detail": [{"type": "missing", "loc": ["body", "text"], "msg": "Field required", "input": {…}}]}</c>.
/// </summary>
internal sealed class ValidationErrors
{
    /// <summary>The client knows what it sent: an excerpt of it is enough.</summary>
    private const int MaxEcho = 200;

    /// <summary>Of a body with a thousand wrong fields the first hundred say enough.</summary>
    private const int MaxErrors = 100;

    /// <summary>Null while there is none, as for almost every request.</summary>
    private List<Error>? _errors;

    public bool Any => _errors is not null;

    public int Count => _errors?.Count ?? 0;

    public void Add(string type, string message, JsonElement? input, object[] location, params (string Key, object Value)[] context)
    {
        if (Count < MaxErrors)
        {
            (_errors ??= []).Add(new Error(type, message, location, input, context, EmptyInput: false));
        }
    }

    /// <summary>The body is no JSON from this byte on.</summary>
    public void AddInvalidJson(long offset, string why) =>
        (_errors ??= []).Add(new Error("json_invalid", "JSON decode error", ["body", offset], null, [("error", why)], EmptyInput: true));

    public Task WriteAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status422UnprocessableEntity;
        return JsonAnswer.WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("detail");
            foreach (var error in _errors ?? [])
            {
                error.WriteTo(json);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private sealed record Error(
        string Type, string Message, object[] Location, JsonElement? Input, (string Key, object Value)[] Context, bool EmptyInput)
    {
        public void WriteTo(Utf8JsonWriter json)
        {
            json.WriteStartObject();
            json.WriteString("type", Type);
            json.WriteStartArray("loc");
            foreach (var step in Location)
            {
                WriteValue(json, step);
            }

            json.WriteEndArray();
            json.WriteString("msg", Message);
            json.WritePropertyName("input");
            WriteInput(json);
            if (Context.Length > 0)
            {
                json.WriteStartObject("ctx");
                foreach (var (key, value) in Context)
                {
                    json.WritePropertyName(key);
                    WriteValue(json, value);
                }

                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        private static void WriteValue(Utf8JsonWriter json, object value)
        {
            if (value is string text)
            {
                json.WriteStringValue(text);
            }
            else
            {
                json.WriteNumberValue(Convert.ToInt64(value, System.Globalization.CultureInfo.InvariantCulture));
            }
        }

        private void WriteInput(Utf8JsonWriter json)
        {
            if (EmptyInput)
            {
                json.WriteStartObject();
                json.WriteEndObject();
            }
            else if (Input is not { } input)
            {
                json.WriteNullValue();
            }
            else if (input.GetRawText() is var raw && raw.Length > MaxEcho)
            {
                json.WriteStringValue(raw.AsSpan(0, MaxEcho).ToString() + "…");
            }
            else
            {
                json.WriteRawValue(raw, skipInputValidation: true);
            }
        }
    }
}
