namespace ConfigReloader.Rendering;

/// <summary>A placeholder that names no variable of this process.</summary>
/// <param name="File">Name of the file below the watched place.</param>
/// <param name="Line">Line of the placeholder, from 1.</param>
/// <param name="Name">The variable that is asked for.</param>
internal readonly record struct UnknownVariable(string File, int Line, string Name)
{
    public override string ToString() => $"{File}:{Line}: $({Name})";
}
