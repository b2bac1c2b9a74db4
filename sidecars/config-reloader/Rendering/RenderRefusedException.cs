namespace ConfigReloader.Rendering;

/// <summary>The source cannot be rendered as it is; only a change of it, or of the environment, mends that.</summary>
internal sealed class RenderRefusedException(IReadOnlyList<UnknownVariable> unknown)
    : Exception(Describe(unknown))
{
    private const int Shown = 10;

    private static string Describe(IReadOnlyList<UnknownVariable> unknown) =>
        "no such environment variable: " + string.Join(", ", unknown.Take(Shown)) +
        (unknown.Count > Shown ? $" and {unknown.Count - Shown} more" : "");
}
