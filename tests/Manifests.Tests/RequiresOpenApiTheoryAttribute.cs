namespace Manifests.Tests;

/// <summary>A test that requires the OpenAPI documents of a cluster; skipped, with the reason, without them.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RequiresOpenApiTheoryAttribute : TheoryAttribute
{
    public RequiresOpenApiTheoryAttribute()
    {
        if (OpenApiSchema.Available is null)
        {
            Skip = "requires the OpenAPI v3 documents of a cluster: set KUBERNETES_OPENAPI to a directory with openapi-*.json";
        }
    }
}
