namespace ConfigReloader.Sources;

/// <summary>The content of a watched source at one moment.</summary>
/// <param name="Fingerprint">
/// SHA-256 over the name, length and bytes of every file, as <c>sha256:…</c>. Equal exactly when the application would read
/// the same content; time stamps, links and directory order do not matter.
/// </param>
/// <param name="Files">The files, in ordinal order of their names.</param>
internal sealed record SourceSnapshot(string Fingerprint, IReadOnlyList<SourceFile> Files);
