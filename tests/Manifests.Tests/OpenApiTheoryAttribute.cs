namespace Manifests.Tests;

/// <summary>A test that needs a cluster's OpenAPI documents: skipped, with the reason, where they are not at hand.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class OpenApiTheoryAttribute : TheoryAttribute
{
    public OpenApiTheoryAttribute()
    {
        if (OpenApiSchema.AtHand is null)
        {
            Skip = "needs a cluster's OpenAPI v3 documents: set KUBERNETES_OPENAPI to a directory with openapi-*.json";
        }
    }
}
