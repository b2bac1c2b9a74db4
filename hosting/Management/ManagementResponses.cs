using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Hosting.Management;

/// <summary>Writes the responses of the management port, as text or as JSON.</summary>
internal static class ManagementResponses
{
    private static readonly JsonSerializerOptions IndentedJson = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static Task WriteTextAsync(HttpContext context, int status, string text) =>
        WriteBodyAsync(context, status, "text/plain; charset=utf-8", text + "\n");

    public static Task WriteJsonAsync(HttpContext context, int status, JsonNode json) =>
        WriteBodyAsync(context, status, "application/json; charset=utf-8", json.ToJsonString(IndentedJson) + "\n");

    private static async Task WriteBodyAsync(HttpContext context, int status, string type, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        context.Response.ContentLength = bytes.Length;
        context.Response.Headers.CacheControl = "no-store";
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
        }
    }
}
