namespace Lab.Objects;

/// <summary>A manifest cannot be used. The message is the whole story: file, line and every mistake found, one a line.</summary>
internal sealed class ManifestException(string message) : Exception(message)
{
    public static ManifestException At(string file, int line, string message) => new($"{file}:{line}: {message}");
}
