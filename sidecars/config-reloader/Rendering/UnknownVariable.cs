namespace ConfigReloader.Rendering;

/// <summary>A placeholder whose environment variable is not set in this process.</summary>
/// <param name="File">Name of the file below the watched source.</param>
/// <param name="Line">Line of the placeholder, starting at 1.</param>
/// <param name="Name">Name of the missing variable.</param>
internal readonly record struct UnknownVariable(string File, int Line, string Name)
{
    public override string ToString() => $"{File}:{Line}: $({Name})";
}
