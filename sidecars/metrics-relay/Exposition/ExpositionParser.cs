using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace MetricsRelay.Exposition;

/// <summary>
/// Reads an exposition as it arrives, piece by piece, into a snapshot. Both formats are taken by the letter: the first
/// line that breaks a rule ends it with an <see cref="ExpositionException"/>.
/// Sources: Prometheus' "Exposition formats" (text 0.0.4, with the quoted names of 1.0.0) and the OpenMetrics 1.0
/// specification.
/// </summary>
/// <remarks>
/// The texts of a target hardly change from scrape to scrape, nor does their order. So each line is first compared
/// with the text that followed the previous one last time; only when that fails is it looked up, and only when it is
/// new is it parsed. A parser belongs to one target and is used again for each scrape.
/// </remarks>
internal sealed partial class ExpositionParser
{
    private const int MaxLine = 1 << 20;

    private readonly List<int> _touched = [];
    private readonly List<Label> _labels = [];
    private Catalog _catalog = null!;
    private Snapshot _snapshot = null!;
    private bool _strict;
    private int _maxSamples;
    private byte[] _carry = [];
    private int _carried;
    private int _line;
    private bool _ended;

    /// <summary>Samples read, the dropped ones too.</summary>
    public int SampleCount { get; private set; }

    /// <summary>Samples that relabel rules dropped, or that they made equal to another one.</summary>
    public int DroppedCount { get; private set; }

    /// <summary>Begins a scrape.</summary>
    public void Begin(Catalog catalog, Snapshot snapshot, int maxSamples = int.MaxValue)
    {
        _catalog = catalog;
        _snapshot = snapshot;
        _maxSamples = maxSamples;
        _strict = catalog.Format == ExpositionFormat.OpenMetrics;
        _carried = 0;
        _line = 0;
        _ended = false;
        SampleCount = DroppedCount = 0;
        catalog.Scrape++;
        snapshot.Begin(catalog);
        BeginFamilies();
        _previousText = -1;
    }

    /// <summary>Takes the next piece of the body.</summary>
    public void Feed(ReadOnlySpan<byte> bytes)
    {
        if (_carried > 0)
        {
            var end = bytes.IndexOf((byte)'\n');
            if (end < 0)
            {
                Carry(bytes);
                return;
            }

            Carry(bytes[..(end + 1)]);
            bytes = bytes[(end + 1)..];
            var carried = _carried;
            _carried = 0;
            ReadLines(_carry.AsSpan(0, carried));
        }

        var last = bytes.LastIndexOf((byte)'\n');
        if (last >= 0)
        {
            ReadLines(bytes[..(last + 1)]);
        }

        Carry(bytes[(last + 1)..]);
    }

    /// <summary>Says that the body is complete.</summary>
    public void Finish()
    {
        if (_carried > 0)
        {
            var rest = _carry.AsSpan(0, _carried);
            if (!_strict)
            {
                _line++;
                CheckEncoding(rest);
                throw Error(rest, rest.Length, "the last line must end with a line feed");
            }

            // The final line feed of OpenMetrics is optional, and only that of `# EOF`.
            if (!_ended && rest.SequenceEqual("# EOF"u8))
            {
                _line++;
                _ended = true;
            }
            else
            {
                Carry("\n"u8);
                ReadLines(_carry.AsSpan(0, _carried));
            }
        }

        if (_strict && !_ended)
        {
            throw new ExpositionException(_line + 1, 1, "the exposition must end with '# EOF'");
        }

        CloseFamily();
        if (_catalog.Renames)
        {
            _regrouper.Regroup(_snapshot);
        }
    }

    private void Carry(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return;
        }

        var needed = _carried + bytes.Length;
        if (needed > MaxLine)
        {
            throw new ExpositionException(_line + 1, 1, $"the line is longer than {MaxLine} bytes");
        }

        if (needed > _carry.Length)
        {
            Array.Resize(ref _carry, Math.Max(4096, needed * 2));
        }

        bytes.CopyTo(_carry.AsSpan(_carried));
        _carried = needed;
    }

    private void ReadLines(ReadOnlySpan<byte> lines)
    {
        // One pass over many lines at once costs next to nothing; which line it is, is only asked when something is.
        var suspect = !Utf8.IsValid(lines) || (_strict && lines.Contains((byte)'\r'));
        while (!lines.IsEmpty)
        {
            var end = lines.IndexOf((byte)'\n');
            var line = lines[..end];
            lines = lines[(end + 1)..];
            _line++;
            if (suspect)
            {
                CheckEncoding(line);
            }

            ReadLine(line);
        }
    }

    private void CheckEncoding(ReadOnlySpan<byte> line)
    {
        if (!Utf8.IsValid(line))
        {
            var at = 0;
            while (Rune.DecodeFromUtf8(line[at..], out _, out var length) == OperationStatus.Done)
            {
                at += length;
            }

            throw Error(line, at, "not valid UTF-8");
        }

        // Within a label's value it is a character as any other.
        if (_strict && line is [.., (byte)'\r'])
        {
            throw Error(line, line.Length - 1, "lines end with a line feed alone; a carriage return is not allowed");
        }
    }

    private void ReadLine(ReadOnlySpan<byte> line)
    {
        if (_strict)
        {
            if (_ended)
            {
                throw new ExpositionException(_line, 1, "nothing may follow '# EOF'");
            }

            if (line.IsEmpty)
            {
                throw new ExpositionException(_line, 1, "blank lines are not allowed");
            }

            if (line[0] == '#')
            {
                ReadStrictMetadata(line);
            }
            else
            {
                ReadSample(line, 0);
            }

            return;
        }

        var start = SkipBlanks(line, 0);
        if (start == line.Length)
        {
            return;
        }

        if (line[start] == '#')
        {
            ReadComment(line, start + 1);
        }
        else
        {
            ReadSample(line, start);
        }
    }

    private static int SkipBlanks(ReadOnlySpan<byte> line, int at)
    {
        while (at < line.Length && line[at] is (byte)' ' or (byte)'\t')
        {
            at++;
        }

        return at;
    }

    private ExpositionException Error(ReadOnlySpan<byte> line, int at, string message)
    {
        var column = 1;
        var before = line[..Math.Min(at, line.Length)];
        while (!before.IsEmpty)
        {
            Rune.DecodeFromUtf8(before, out _, out var length);
            before = before[length..];
            column++;
        }

        return new ExpositionException(_line, column, message);
    }

    private static string Show(ReadOnlySpan<byte> text)
    {
        const int Most = 60;
        return text.Length <= Most ? Encoding.UTF8.GetString(text) : Encoding.UTF8.GetString(text[..Most]) + "…";
    }
}
