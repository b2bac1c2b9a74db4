namespace MetricsRelay.Tests;

/// <summary>A directory of a test's own, gone with it.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("relay-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
