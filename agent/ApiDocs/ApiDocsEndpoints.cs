using Microsoft.AspNetCore.Http.HttpResults;

namespace Agent.ApiDocs;

/// <summary>
/// <c>GET /openapi.json</c> and the Swagger UI at <c>GET /docs</c>, whose assets are embedded in the program. The document is
/// hand-written, because bodies are read field by field and no type describes them; a test compares it with the routes.
/// </summary>
internal static class ApiDocsEndpoints
{
    private const string DocumentResource = "Agent.ApiDocs.openapi.json";

    private static readonly byte[] Document = LoadDocument();

    /// <remarks>A branch, so that the Swagger middleware runs for <c>/docs</c> only.</remarks>
    public static void UseDocsPage(this WebApplication app) => app.UseWhen(
        context => context.Request.Path.StartsWithSegments("/docs"),
        docs => docs.UseSwaggerUI(page =>
        {
            page.RoutePrefix = "docs";
            page.DocumentTitle = "agent";
            page.SwaggerEndpoint("/openapi.json", "agent");
        }));

    public static void MapOpenApiDocument(this IEndpointRouteBuilder routes) => routes.MapGet("/openapi.json", SendDocument);

    private static FileContentHttpResult SendDocument() => TypedResults.Bytes(Document, "application/json");

    private static byte[] LoadDocument()
    {
        using var stream = typeof(ApiDocsEndpoints).Assembly.GetManifestResourceStream(DocumentResource)
            ?? throw new InvalidOperationException($"The embedded resource {DocumentResource} is missing.");
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }
}
