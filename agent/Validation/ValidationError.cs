using System.Globalization;
using System.Text.Json;

namespace Agent.Validation;

/// <summary>One error as pydantic 2 describes it.</summary>
/// <param name="Type">The kind of error, such as <c>missing</c>.</param>
/// <param name="Message">The error in words.</param>
/// <param name="Location">The path to the value: field names and array indexes.</param>
/// <param name="Input">The rejected value; null if there is none.</param>
/// <param name="Context">The limits that the value violates.</param>
/// <param name="EmptyInput">Whether the input is written as an empty object.</param>
internal sealed record ValidationError(
    string Type, string Message, object[] Location, JsonElement? Input, (string Key, object Value)[] Context, bool EmptyInput)
{
    /// <summary>The client knows its own input, so a prefix is enough to recognize it.</summary>
    private const int MaxInputChars = 200;

    public void WriteTo(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", Type);
        json.WriteStartArray("loc");
        foreach (var step in Location)
        {
            WriteScalar(json, step);
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
                WriteScalar(json, value);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteScalar(Utf8JsonWriter json, object value)
    {
        if (value is string text)
        {
            json.WriteStringValue(text);
        }
        else
        {
            json.WriteNumberValue(Convert.ToInt64(value, CultureInfo.InvariantCulture));
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
        else if (input.GetRawText() is var raw && raw.Length > MaxInputChars)
        {
            json.WriteStringValue(raw.AsSpan(0, MaxInputChars).ToString() + "…");
        }
        else
        {
            json.WriteRawValue(raw, skipInputValidation: true);
        }
    }
}
