namespace LogTailer.Sinks;

/// <summary>Where lines can go.</summary>
public enum SinkType
{
    /// <summary>The standard output, where the container runtime collects them.</summary>
    Stdout,

    /// <summary>A file, appended to.</summary>
    File,
}
