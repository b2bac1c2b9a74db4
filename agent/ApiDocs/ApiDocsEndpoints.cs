using Microsoft.AspNetCore.Http.HttpResults;

namespace Agent.ApiDocs;

/// <summary>
/// <c>GET /openapi.json</c> and the Swagger UI at <c>GET /docs</c>, whose assets are in the program. The document is written
/// by hand: the bodies are read field by field, so nothing could be generated from types; a test holds it against the routes.
/// </summary>
internal static class ApiDocsEndpoints
{
    private const string Resource = "Agent.ApiDocs.openapi.json";

    private static readonly byte[] Document = Load();

    /// <remarks>A branch, so that no other request goes through it.</remarks>
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

    private static byte[] Load()
    {
        using var stream = typeof(ApiDocsEndpoints).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"the resource {Resource} is missing from the program");
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }
}
