using ConfigReloader.Sources;

namespace ConfigReloader.Rendering;

/// <summary>A directory or file on a shared volume whose content is replaced atomically.</summary>
internal interface IRenderedOutput
{
    /// <summary>Absolute path of the output.</summary>
    string Path { get; }

    /// <summary>Whether the output was rendered before.</summary>
    bool Exists { get; }

    /// <summary>
    /// Publishes the files. A reader sees either all old files or all new ones. Nothing is written if the content is already the same.
    /// </summary>
    /// <returns>True if the content changed.</returns>
    bool ReplaceContent(IReadOnlyList<SourceFile> files);
}
