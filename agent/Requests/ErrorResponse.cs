namespace Agent.Requests;

/// <summary>Error bodies: FastAPI's <c>{"detail": "…"}</c>; under /v2 the Open Inference Protocol's <c>{"error": "…"}</c>.</summary>
internal static class ErrorResponse
{
    public static Task WriteErrorAsync(HttpContext context, int statusCode, string detail)
    {
        context.Response.StatusCode = statusCode;
        return context.Request.Path.StartsWithSegments("/v2")
            ? JsonResponse.WriteJsonAsync(context, json =>
            {
                json.WriteStartObject();
                json.WriteString("error", detail);
                json.WriteEndObject();
            })
            : JsonResponse.WriteJsonAsync(context, new ErrorDetail(detail), ErrorJson.Default.ErrorDetail);
    }

    /// <summary>The detail for a status code that was set without one.</summary>
    public static string GetDefaultDetail(int statusCode) => statusCode switch
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
