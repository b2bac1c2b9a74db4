using System.Diagnostics;
using System.Globalization;

namespace LogTailer.Tests.Follow;

/// <summary>Random bytes in random pieces, with half lines, over-long lines, rotations and restarts, against a reader too simple to be wrong.</summary>
public sealed class FuzzTests : IDisposable
{
    private const int MaxLineBytes = 300;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    /// <summary>Seconds to go on for: <c>LOG_TAILER_FUZZ_SECONDS</c>, default 10.</summary>
    private static TimeSpan Duration => TimeSpan.FromSeconds(int.Parse(Environment.GetEnvironmentVariable("LOG_TAILER_FUZZ_SECONDS") ?? "10", CultureInfo.InvariantCulture));

    [Fact]
    public async Task Whatever_is_written_however_split_the_same_lines_come_as_from_a_simple_reader()
    {
        var began = Stopwatch.GetTimestamp();

        for (var seed = Environment.TickCount; Stopwatch.GetElapsedTime(began) < Duration; seed++)
        {
            await RunOnce(seed);
        }
    }

    /// <summary>Found by the fuzz: the length told was one too many where the line did not fit the read buffer.</summary>
    [Theory]
    [InlineData(301)]
    [InlineData(5_000)]
    [InlineData(700_000)]
    public async Task The_length_of_a_cut_line_does_not_count_its_CR(int length)
    {
        var content = System.Text.Encoding.ASCII.GetBytes(new string('x', length) + "\r\n");
        _directory.Append("crlf.log", content);
        await using var tailing = Start("crlf.log");

        await tailing.StopAsync();

        Assert.Equal(Reference(content).Select(System.Text.Encoding.ASCII.GetString), tailing.Sink.RawLines.Select(System.Text.Encoding.ASCII.GetString));
    }

    private async Task RunOnce(int seed)
    {
        var random = new Random(seed);
        var name = $"{seed}.log";
        var content = new MemoryStream();
        var shipped = new List<byte[]>();
        _directory.Append(name, "");
        var tailing = Start(name);

        try
        {
            for (var piece = 0; piece < random.Next(5, 40); piece++)
            {
                var bytes = Piece(random);
                content.Write(bytes);
                _directory.Append(name, bytes);

                if (random.Next(10) == 0)
                {
                    await tailing.StopAsync();
                    shipped.AddRange(tailing.Sink.RawLines);
                    await tailing.DisposeAsync();
                    tailing = Start(name);
                }
            }

            await tailing.StopAsync();
            shipped.AddRange(tailing.Sink.RawLines);
        }
        finally
        {
            await tailing.DisposeAsync();
        }

        var expected = Reference(content.ToArray());
        Assert.True(expected.Count == shipped.Count, $"Seed {seed}: {shipped.Count} lines, and {expected.Count} expected.");

        for (var i = 0; i < expected.Count; i++)
        {
            Assert.True(expected[i].AsSpan().SequenceEqual(shipped[i]), $"Seed {seed}: line {i} differs.");
        }

        _directory.Delete(name);
    }

    private Tailing Start(string name) => Tailing.Start(_directory[name], tail => tail.MaxLineBytes = MaxLineBytes, checkpointPath: _directory[name + ".checkpoint"]);

    /// <summary>Rich in what matters: line ends of every kind, long runs without one, bytes of every value.</summary>
    private static byte[] Piece(Random random)
    {
        var bytes = new byte[random.Next(4) == 0 ? random.Next(700_000) : random.Next(2000)];
        random.NextBytes(bytes);
        var density = random.Next(2, 3000);

        for (var i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] is (byte)'\n' or (byte)'\r')
            {
                bytes[i] = (byte)'x';
            }

            if (random.Next(density) == 0)
            {
                bytes[i] = random.Next(4) == 0 ? (byte)'\r' : (byte)'\n';
            }
        }

        return bytes;
    }

    private static List<byte[]> Reference(byte[] content)
    {
        var lines = new List<byte[]>();
        var start = content.AsSpan().StartsWith(LogTailer.Lines.LineRules.ByteOrderMark) ? 3 : 0;

        for (var i = start; i < content.Length; i++)
        {
            if (content[i] != '\n')
            {
                continue;
            }

            var line = content[start..i];
            start = i + 1;

            if (line is [.., (byte)'\r'])
            {
                line = line[..^1];
            }

            if (line.Length > MaxLineBytes)
            {
                // Where a character is torn and what the mark says have tests of their own.
                line = [.. LogTailer.Lines.LineRules.Cut(line, MaxLineBytes), .. LogTailer.Lines.LineRules.CutMark(line.Length)];
            }

            if (line.Length > 0)
            {
                lines.Add(line);
            }
        }

        return lines;
    }
}
