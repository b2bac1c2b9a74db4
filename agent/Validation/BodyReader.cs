using System.Text.Json;

namespace Agent.Validation;

/// <summary>
/// Reads the fields of a JSON body and collects every error, so that one response reports all of them.
/// Errors and their order equal those of FastAPI with pydantic 2 and <c>extra="forbid"</c>.
/// </summary>
/// <param name="root">The body; null if it is not a JSON object.</param>
/// <param name="errors">Receives the errors.</param>
internal sealed class BodyReader(JsonElement? root, ValidationErrors errors)
{
    /// <summary>Reads a required text.</summary>
    /// <returns>The text; an empty one after an error.</returns>
    public string ReadText(string name, int maxChars) =>
        FindRequired(name) is { } element ? ReadTextElement(element, maxChars, name) : "";

    /// <summary>Reads a required list of texts.</summary>
    /// <returns>The texts; an empty list after an error in the list itself.</returns>
    public IReadOnlyList<string> ReadTexts(string name, int maxTexts, int maxChars)
    {
        if (FindRequired(name) is not { } element)
        {
            return [];
        }

        if (element.ValueKind != JsonValueKind.Array)
        {
            errors.AddError("list_type", "Input should be a valid list", element, ["body", name]);
            return [];
        }

        var count = element.GetArrayLength();
        if (count == 0)
        {
            errors.AddError(
                "too_short", "List should have at least 1 item after validation, not 0", element, ["body", name],
                ("field_type", "List"), ("min_length", 1), ("actual_length", 0));
            return [];
        }

        if (count > maxTexts)
        {
            errors.AddError(
                "too_long", $"List should have at most {maxTexts} items after validation, not {count}", null, ["body", name],
                ("field_type", "List"), ("max_length", maxTexts), ("actual_length", count));
            return [];
        }

        var texts = new List<string>(count);
        foreach (var item in element.EnumerateArray())
        {
            texts.Add(ReadTextElement(item, maxChars, name, texts.Count));
        }

        return texts;
    }

    /// <summary>Adds an error for every field except these, so that a misspelled name is not ignored silently.</summary>
    public void RejectOtherFields(params ReadOnlySpan<string> names)
    {
        if (root is not { } body)
        {
            return;
        }

        foreach (var field in body.EnumerateObject())
        {
            if (GetFieldName(field) is var name && !names.Contains(name))
            {
                errors.AddError("extra_forbidden", "Extra inputs are not permitted", field.Value, ["body", name]);
            }
        }
    }

    private static string GetFieldName(JsonProperty field)
    {
        try
        {
            return field.Name;
        }
        catch (InvalidOperationException)
        {
            // An unpaired surrogate, such as "\ud800".
            return "\uFFFD";
        }
    }

    private JsonElement? FindRequired(string name)
    {
        if (root is not { } body)
        {
            return null;
        }

        if (body.TryGetProperty(name, out var element))
        {
            return element;
        }

        errors.AddError("missing", "Field required", body, ["body", name]);
        return null;
    }

    private string ReadTextElement(JsonElement element, int maxChars, string name, int? index = null)
    {
        object[] Location() => index is { } i ? ["body", name, i] : ["body", name];

        if (element.ValueKind != JsonValueKind.String)
        {
            errors.AddError("string_type", "Input should be a valid string", element, Location());
            return "";
        }

        string text;
        try
        {
            text = element.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // An unpaired surrogate is valid JSON but not a valid text.
            errors.AddError(
                "string_unicode", "Input should be a valid string, unable to parse raw data as a unicode string", null, Location());
            return "";
        }

        if (text.Length == 0)
        {
            errors.AddError(
                "string_too_short", "String should have at least 1 character", element, Location(), ("min_length", 1));
        }
        else if (text.Length > maxChars && CodePoints.CountCodePoints(text) > maxChars)
        {
            errors.AddError(
                "string_too_long", $"String should have at most {maxChars} characters", element, Location(), ("max_length", maxChars));
        }

        return text;
    }
}
