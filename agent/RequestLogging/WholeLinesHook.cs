using System.Text;
using Serilog.Sinks.File;

namespace Agent.RequestLogging;

/// <summary>Puts <see cref="WholeLines"/> below Serilog's file sink.</summary>
internal sealed class WholeLinesHook : FileLifecycleHooks
{
    public WholeLines? Opened { get; private set; }

    public override Stream OnFileOpened(Stream underlyingStream, Encoding encoding)
    {
        Opened = new WholeLines((FileStream)underlyingStream);
        Opened.CloseForeignLine();
        return Opened;
    }
}
