namespace Agent.Requests;

/// <summary>Errors as FastAPI shapes them, <c>{"detail": "…"}</c>; under /v2 as the Open Inference Protocol does, <c>{"error": "…"}</c>.</summary>
internal static class ErrorAnswer
{
    public static Task WriteAsync(HttpContext context, int statusCode, string detail)
    {
        context.Response.StatusCode = statusCode;
        return context.Request.Path.StartsWithSegments("/v2")
            ? JsonAnswer.WriteAsync(context, json =>
            {
                json.WriteStartObject();
                json.WriteString("error", detail);
                json.WriteEndObject();
            })
            : JsonAnswer.WriteAsync(context, new ErrorDetail(detail), AgentJson.Default.ErrorDetail);
    }

    /// <summary>The detail of a status that nobody gave one.</summary>
    public static string DetailOf(int statusCode) => statusCode switch
    {
        StatusCodes.Status400BadRequest => "Bad Request",
        StatusCodes.Status404NotFound => "Not Found",
        StatusCodes.Status405MethodNotAllowed => "Method Not Allowed",
        StatusCodes.Status408RequestTimeout => "Request Timeout",
        StatusCodes.Status413PayloadTooLarge => "Request Entity Too Large",
        StatusCodes.Status415UnsupportedMediaType => "Unsupported Media Type",
        StatusCodes.Status500InternalServerError => "Internal Server Error",
        _ => "Error",
    };
}
