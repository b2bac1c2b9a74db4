using ConfigReloader.Watching;

namespace ConfigReloader.Rendering;

/// <summary>A place on a shared volume whose whole content is replaced at once.</summary>
internal interface IRenderedOutput
{
    /// <summary>Where it is, absolute.</summary>
    string Path { get; }

    /// <summary>True if something was rendered here before.</summary>
    bool Exists { get; }

    /// <summary>Puts the files in force; a reader sees all of the old or all of the new. Nothing is touched where they are equal.</summary>
    /// <returns>True if the content differs from what was there.</returns>
    bool Replace(IReadOnlyList<SourceFile> files);
}
