using System.Globalization;
using System.Text;
using Bench.Harness;

namespace Bench.Cases;

/// <summary>The throughput of the log tailer for a backlog of one gigabyte, with and without changes to every line.</summary>
/// <param name="transformsLines">Whether every line is enriched and redacted.</param>
internal sealed class TailOneGigabyte(bool transformsLines) : IBenchCase
{
    /// <summary>The size of the log. <c>BENCH_LOG_BYTES</c> changes it for a trial; published figures use the default.</summary>
    private static readonly long Size =
        long.Parse(Environment.GetEnvironmentVariable("BENCH_LOG_BYTES") ?? $"{1L << 30}", CultureInfo.InvariantCulture);

    private static readonly Metric Throughput = new("throughput", "MiB/s", HigherIsBetter: true);

    public string Name => transformsLines ? "tail-1gb-shaped" : "tail-1gb";

    public string Question => transformsLines
        ? "How fast is a log of 1 GiB shipped to stdout with two fields added to each line and one redacted, and at which cost?"
        : "How fast is a log of 1 GiB shipped from a file to stdout, and at which cost?";

    public string Conditions =>
        """
        One file of JSON lines in the agent's format, about 300 bytes each, in the page cache. Every contender reads it from the
        first byte and writes every line to a pipe whose reader discards it. The time is measured from the start of the program
        until the last byte is read, including the program's own start. `cat` and `tail` have no lines, checkpoints or
        rotations: they show the cost of the pipe alone. CPU time and memory are those of the complete pipeline.
        """ + (transformsLines ? " Only the log tailer changes the lines; the others pass them on unchanged." : "");

    public IEnumerable<Requirement> Requirements =>
    [
        Requirement.ForPath("sidecars/log-tailer/LogTailer.csproj"),
        Requirement.ForProgram("bash"),
        Requirement.ForDiskSpace(Path.GetTempPath(), Size + (Size / 2)),
    ];

    public async Task<IReadOnlyList<Contender>> PrepareAsync(Workspace workspace, CancellationToken cancellationToken)
    {
        var log = workspace["requests.log"];
        await WriteLogAsync(log, cancellationToken);
        var length = new FileInfo(log).Length;
        var program = await workspace.PublishProjectAsync("sidecars/log-tailer", cancellationToken);
        var tailer = BuildTailerCommand(workspace, program, log);
        await AssertCorrectOutputAsync(tailer, log, cancellationToken);
        var transforms = transformsLines ? "; two `Enrich:Fields`, one of `Redact:Fields`" : "";
        return
        [
            CreatePipeline(
                "log-tailer",
                $"`Tail:UntilEnd=true`, stdout sink, checkpoint on, as in its image{transforms}",
                $"{tailer} | cat >/dev/null"),
            CreatePipeline("tail", "`tail -n +1 FILE | cat`", $"tail -n +1 {log} | cat >/dev/null"),
            CreatePipeline("cat", "`cat FILE | cat`", $"cat {log} | cat >/dev/null"),
            CreatePipeline(
                "rsyslog",
                "imfile to omprog, one template; the program discards the bytes and reports when the last one has arrived",
                BuildRsyslogScript(workspace, log, length)) with
            {
                Requirements = [Requirement.ForProgram("rsyslogd")],
            },
        ];

        Contender CreatePipeline(string name, string description, string script) => new(name, description, async token =>
        {
            var measurement = await MeasuredProcess.MeasureToEndAsync("bash", ["-o", "pipefail", "-c", script], null, token);
            measurement[Throughput] = length / measurement[Metric.Elapsed] / (1 << 20);
            return measurement;
        });
    }

    private string BuildTailerCommand(Workspace workspace, string program, string log)
    {
        var checkpoint = workspace["checkpoint.json"];
        var transforms = transformsLines ? "--Enrich:Fields:pod=agent-7d4b9 --Enrich:Fields:node=node-1 --Redact:Fields=trace_id" : "";
        return $"""
            rm -f {checkpoint}
            {program} --LOG_FILE={log} {transforms} --Tail:UntilEnd=true --Checkpoint:Path={checkpoint} \
              --Management:Port=0 --Listen:Address=localhost 2>{workspace["errors"]}
            """;
    }

    /// <summary>Compares the output with the expected one before anything is measured: a fast but wrong result does not count.</summary>
    private async Task AssertCorrectOutputAsync(string tailer, string log, CancellationToken cancellationToken)
    {
        var expected = transformsLines
            ? """sed -E 's/"trace_id":"[0-9a-f]*"/"trace_id":"***"/; s/\}$/,"node":"node-1","pod":"agent-7d4b9"}/' """
            : "cat ";
        await MeasuredProcess.RunToEndAsync("bash", ["-o", "pipefail", "-c", $"{tailer} | cmp - <({expected}{log})"], cancellationToken);
    }

    /// <summary>
    /// Uses a program as the output: rsyslog's own action for named pipes suspends itself for 30 s when the pipe is full.
    /// </summary>
    private static string BuildRsyslogScript(Workspace workspace, string log, long length) => $$"""
        cd {{workspace.Root}}
        rm -rf rsyslog; mkdir rsyslog; mkfifo rsyslog/done
        cat >rsyslog/sink <<'END'
        #!/bin/sh
        head -c {{length}} >/dev/null; echo >{{workspace["rsyslog/done"]}}; exec cat >/dev/null
        END
        chmod +x rsyslog/sink
        cat >rsyslog/conf <<'END'
        global(workDirectory="{{workspace["rsyslog"]}}" maxMessageSize="64k")
        module(load="imfile")
        module(load="omprog")
        template(name="line" type="string" string="%msg%\n")
        input(type="imfile" File="{{log}}" Tag="requests" ruleset="out")
        ruleset(name="out") { action(type="omprog" binary="{{workspace["rsyslog/sink"]}}" template="line") }
        END
        rsyslogd -n -f rsyslog/conf -i {{workspace["rsyslog/pid"]}} & daemon=$!
        cat rsyslog/done
        kill $daemon; wait $daemon
        """;

    /// <summary>Writes the same bytes in every run: ids and values count up.</summary>
    private static async Task WriteLogAsync(string path, CancellationToken cancellationToken)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, BufferSize = 1 << 20 };
        await using var log = new StreamWriter(path, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), options);
        var time = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        for (var (written, i) = (0L, 0); written < Size; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var line = string.Create(
                CultureInfo.InvariantCulture,
                $$"""
                {"timestamp":"{{time.AddMilliseconds(i):yyyy-MM-dd'T'HH:mm:ss.fff'Z'}}","level":"info","event":"request",
                "request_id":"{{i:x16}}","trace_id":"{{i:x32}}","method":"POST","path":"/inference","status":"success","status_code":200,
                "latency_ms":{{i % 977 / 100.0}},"model":"linear-text-v1","prediction":"positive","text_chars":{{i % 400}}}
                """).Replace("\n", "", StringComparison.Ordinal);
            await log.WriteLineAsync(line);
            written += line.Length + 1;
        }
    }
}
