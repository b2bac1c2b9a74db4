using System.Text;
using Serilog.Sinks.File;

namespace Agent.RequestLogging;

/// <summary>Inserts a <see cref="LineStream"/> between Serilog's file sink and the file.</summary>
internal sealed class LineStreamHook : FileLifecycleHooks
{
    /// <summary>The stream, after the sink opened its file.</summary>
    public LineStream? Opened { get; private set; }

    public override Stream OnFileOpened(Stream underlyingStream, Encoding encoding)
    {
        Opened = new LineStream((FileStream)underlyingStream);
        Opened.EndPartialLine();
        return Opened;
    }
}
