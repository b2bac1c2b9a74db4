using ConfigReloader.Watching;

namespace ConfigReloader.Rendering;

/// <summary>Turns a snapshot with placeholders into the files that the application reads.</summary>
/// <param name="Output">Where the rendered files go.</param>
/// <param name="Variable">Value of an environment variable, or null.</param>
internal sealed record Renderer(IRenderedOutput Output, Func<string, string?> Variable)
{
    public static Renderer To(string path, bool isFile, TimeProvider time) => new(
        isFile ? new RenderedFile(path) : new RenderedDirectory(path, time), Environment.GetEnvironmentVariable);

    /// <summary>Renders everything first and writes then, so that an error leaves the output as it was.</summary>
    /// <returns>True if the output now differs from what was there.</returns>
    /// <exception cref="RenderRefusedException">A placeholder names no variable; all of them are listed.</exception>
    /// <exception cref="IOException">The output cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The output must not be written.</exception>
    public bool Render(Snapshot snapshot) => Output.Replace(Preview(snapshot));

    /// <summary>Renders into memory alone, for the <c>check</c> verb.</summary>
    /// <exception cref="RenderRefusedException">A placeholder names no variable; all of them are listed.</exception>
    public IReadOnlyList<SourceFile> Preview(Snapshot snapshot)
    {
        var unknown = new List<UnknownVariable>();
        var files = new List<SourceFile>(snapshot.Files.Count);
        foreach (var file in snapshot.Files)
        {
            var content = Placeholders.Render(file.Name, file.Content, Variable, unknown);
            files.Add(new SourceFile(file.Name, content.Length, content));
        }

        return unknown.Count == 0 ? files : throw new RenderRefusedException(unknown);
    }
}
