namespace ConfigReloader.Sources;

/// <summary>A file changed its length while it was being read. The read is repeated.</summary>
internal sealed class TornReadException(string path) : Exception($"{path} was written while it was being read");
