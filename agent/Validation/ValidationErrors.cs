using System.Text.Json;
using Agent.Requests;

namespace Agent.Validation;

/// <summary>
/// The errors of one request body, in FastAPI's format: status 422 and
/// <c>{"detail": [{"type": "missing", "loc": ["body", "text"], "msg": "Field required", "input": {…}}]}</c>.
/// </summary>
internal sealed class ValidationErrors
{
    /// <summary>Bounds the response, whatever the number of errors in the body.</summary>
    private const int MaxErrors = 100;

    /// <summary>Null without errors, the usual case.</summary>
    private List<ValidationError>? _errors;

    public bool Any => _errors is not null;

    public int Count => _errors?.Count ?? 0;

    public void AddError(string type, string message, JsonElement? input, object[] location, params (string Key, object Value)[] context)
    {
        if (Count < MaxErrors)
        {
            (_errors ??= []).Add(new ValidationError(type, message, location, input, context, EmptyInput: false));
        }
    }

    /// <summary>Adds a syntax error.</summary>
    /// <param name="offset">Its position, in code points.</param>
    /// <param name="reason">The parser's message.</param>
    public void AddInvalidJson(long offset, string reason) => (_errors ??= []).Add(
        new ValidationError("json_invalid", "JSON decode error", ["body", offset], null, [("error", reason)], EmptyInput: true));

    public Task WriteErrorsAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status422UnprocessableEntity;
        return JsonResponse.WriteJsonAsync(context, json =>
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
}
