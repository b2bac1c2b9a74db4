using System.Diagnostics;
using System.Globalization;
using LogTailer.Lines;
using Xunit.Abstractions;

namespace LogTailer.Tests.Follow;

/// <summary>Random bytes in random pieces, with incomplete and long lines and restarts, compared with a very simple reader.</summary>
public sealed class FuzzTests(ITestOutputHelper output) : IDisposable
{
    private const int MaxLineBytes = 300;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    /// <summary>The duration in seconds: <c>LOG_TAILER_FUZZ_SECONDS</c>, default 10.</summary>
    private static TimeSpan Duration => TimeSpan.FromSeconds(
        int.Parse(Environment.GetEnvironmentVariable("LOG_TAILER_FUZZ_SECONDS") ?? "10", CultureInfo.InvariantCulture));

    [Fact]
    public async Task Random_bytes_in_random_pieces_match_a_simple_reader()
    {
        var startedAt = Stopwatch.GetTimestamp();
        var seeds = RandomSource.Create(output);

        for (var seed = seeds.Seed; Stopwatch.GetElapsedTime(startedAt) < Duration; seed++)
        {
            await CompareWithReferenceAsync(seed);
        }
    }

    /// <summary>The length must not depend on whether the line fits into the read buffer.</summary>
    [Theory]
    [InlineData(301)]
    [InlineData(5_000)]
    [InlineData(700_000)]
    public async Task Reported_length_of_a_truncated_line_excludes_its_carriage_return(int length)
    {
        var content = System.Text.Encoding.ASCII.GetBytes(new string('x', length) + "\r\n");
        _directory.AppendToFile("crlf.log", content);
        await using var tailing = Start("crlf.log");

        await tailing.StopAsync();

        Assert.Equal(
            ReadLines(content).Select(System.Text.Encoding.ASCII.GetString),
            tailing.Sink.RawLines.Select(System.Text.Encoding.ASCII.GetString));
    }

    private async Task CompareWithReferenceAsync(int seed)
    {
        var random = new Random(seed);
        var name = $"{seed}.log";
        var content = new MemoryStream();
        var shipped = new List<byte[]>();
        _directory.AppendToFile(name, "");
        var tailing = Start(name);

        try
        {
            for (var piece = 0; piece < random.Next(5, 40); piece++)
            {
                var bytes = CreatePiece(random);
                content.Write(bytes);
                _directory.AppendToFile(name, bytes);

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

        var expected = ReadLines(content.ToArray());
        Assert.True(expected.Count == shipped.Count, $"TEST_SEED={seed}: {shipped.Count} lines, expected {expected.Count}.");

        for (var i = 0; i < expected.Count; i++)
        {
            Assert.True(expected[i].AsSpan().SequenceEqual(shipped[i]), $"TEST_SEED={seed}: line {i} differs.");
        }

        _directory.DeleteFile(name);
    }

    private Tailing Start(string name)
        => Tailing.Start(_directory[name], tail => tail.MaxLineBytes = MaxLineBytes, checkpointPath: _directory[name + ".checkpoint"]);

    /// <summary>Line ends of every kind, long runs without one, and bytes of every value.</summary>
    private static byte[] CreatePiece(Random random)
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

    private static List<byte[]> ReadLines(byte[] content)
    {
        var lines = new List<byte[]>();
        var start = content.AsSpan().StartsWith(LineRules.ByteOrderMark) ? 3 : 0;

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
                // Splitting characters and the text of the mark have separate tests.
                line = [.. LineRules.TruncateLine(line, MaxLineBytes), .. LineRules.FormatTruncationMark(line.Length)];
            }

            if (line.Length > 0)
            {
                lines.Add(line);
            }
        }

        return lines;
    }
}
