using ConfigReloader.Sources;

namespace ConfigReloader.Rendering;

/// <summary>Turns a snapshot with placeholders into the files that the application reads.</summary>
/// <param name="Output">Where the rendered files are written.</param>
/// <param name="ReadVariable">Returns the value of an environment variable, or null if it is not set.</param>
internal sealed record Renderer(IRenderedOutput Output, Func<string, string?> ReadVariable)
{
    public static Renderer CreateForPath(string path, bool isFile, TimeProvider time) => new(
        isFile ? new RenderedFile(path) : new RenderedDirectory(path, time), Environment.GetEnvironmentVariable);

    /// <summary>Renders all files before it writes the first one, so an error leaves the output unchanged.</summary>
    /// <returns>True if the output changed.</returns>
    /// <exception cref="UnknownVariablesException">Placeholders have no value; the exception lists all of them.</exception>
    /// <exception cref="IOException">The output cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">This process may not write the output.</exception>
    public bool RenderSnapshot(SourceSnapshot snapshot) => Output.ReplaceContent(RenderInMemory(snapshot));

    /// <summary>Renders without writing, for the <c>check</c> verb.</summary>
    /// <exception cref="UnknownVariablesException">Placeholders have no value; the exception lists all of them.</exception>
    public IReadOnlyList<SourceFile> RenderInMemory(SourceSnapshot snapshot)
    {
        var unknown = new List<UnknownVariable>();
        var files = new List<SourceFile>(snapshot.Files.Count);
        foreach (var file in snapshot.Files)
        {
            var content = Placeholders.ReplacePlaceholders(file.Name, file.Content, ReadVariable, unknown);
            files.Add(new SourceFile(file.Name, content.Length, content));
        }

        return unknown.Count == 0 ? files : throw new UnknownVariablesException(unknown);
    }
}
