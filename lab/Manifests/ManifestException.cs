namespace Lab.Manifests;

/// <summary>A manifest cannot be used. The message has one line per mistake, with file and line number.</summary>
internal sealed class ManifestException(string message) : Exception(message)
{
    public static ManifestException AtLine(string file, int line, string message) => new($"{file}:{line}: {message}");
}
