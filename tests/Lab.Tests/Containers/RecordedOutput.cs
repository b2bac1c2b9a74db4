using System.Text;
using Lab.Containers;

namespace Lab.Tests.Containers;

internal sealed class RecordedOutput : IContainerOutput
{
    private readonly List<(string Container, string Line)> _lines = [];

    public IReadOnlyList<(string Container, string Line)> Lines
    {
        get
        {
            lock (_lines)
            {
                return [.. _lines];
            }
        }
    }

    public IEnumerable<string> LinesOf(string container) => Lines.Where(line => line.Container == container).Select(line => line.Line);

    public void WriteLine(string container, bool isError, ReadOnlySpan<byte> line)
    {
        lock (_lines)
        {
            _lines.Add((container, Encoding.UTF8.GetString(line)));
        }
    }
}
