using System.Globalization;
using System.Text;
using Bench.Frame;

namespace Bench.Cases;

/// <summary>How fast a backlog of one gigabyte goes through the log tailer: as it is, or with every line enriched and redacted.</summary>
/// <param name="shaped">Whether lines are changed on their way.</param>
internal sealed class TailOneGigabyte(bool shaped) : IBenchCase
{
    /// <summary>Bytes of the log: <c>BENCH_LOG_BYTES</c>, for a trial run; figures are told of the default.</summary>
    private static readonly long Size = long.Parse(Environment.GetEnvironmentVariable("BENCH_LOG_BYTES") ?? $"{1L << 30}", CultureInfo.InvariantCulture);

    private static readonly Metric Throughput = new("throughput", "MiB/s", HigherIsBetter: true);

    public string Name => shaped ? "tail-1gb-shaped" : "tail-1gb";

    public string Question => shaped
        ? "How fast does a log of 1 GiB go to stdout with two fields added to each line and one redacted, and what does that cost?"
        : "How fast does a log of 1 GiB go from a file to stdout, and what does that cost?";

    public string Conditions =>
        """
        One file of JSON lines as the agent writes them, about 300 bytes each, in the page cache. Every contender reads it from its
        first byte and writes every line to a pipe whose reader throws it away; the time is from the start of the program
        until the last byte is through, its own start included. `cat` and `tail` know of no lines, checkpoints or rotations:
        they show what the pipe alone takes. CPU time and memory are those of the whole pipeline.
        """ + (shaped ? " Only the log tailer changes the lines; the others pass them on as they are." : "");

    public IEnumerable<Need> Needs(Repository repository) =>
    [
        Need.Path(repository, "sidecars/log-tailer/LogTailerOptions.cs"),
        Need.Program("bash"),
        Need.Space(Path.GetTempPath(), Size + (Size / 2)),
    ];

    public async Task<IReadOnlyList<Contender>> PrepareAsync(Workspace workspace, CancellationToken cancellationToken)
    {
        var log = workspace["requests.log"];
        await WriteLogAsync(log, cancellationToken);
        var length = new FileInfo(log).Length;
        var tailer = await workspace.PublishAsync("sidecars/log-tailer", cancellationToken);
        var checkpoint = workspace["checkpoint.json"];
        var tail = $"""
            rm -f {checkpoint}
            {tailer} --LOG_FILE={log} {(shaped ? "--Enrich:Fields:pod=agent-7d4b9 --Enrich:Fields:node=node-1 --Redact:Fields=trace_id " : "")}--Tail:UntilEnd=true --Checkpoint:Path={checkpoint} --Management:Port=0 --Listen:Address=localhost 2>{workspace["errors"]}
            """;

        // Fast and wrong is no result: what comes out is compared with what went in before anything is measured.
        var undone = shaped ? """sed -E 's/"trace_id":"[0-9a-f]*"/"trace_id":"***"/; s/\}$/,"node":"node-1","pod":"agent-7d4b9"}/' """ : "cat ";
        await ChildProcess.OutputOfAsync("bash", ["-o", "pipefail", "-c", $"{tail.TrimEnd()} | cmp - <({undone}{log})"], cancellationToken);
        return
        [
            Pipeline("log-tailer", $"`Tail:UntilEnd=true`, sink stdout, checkpoint on, as its image has it{(shaped ? "; two `Enrich:Fields`, one of `Redact:Fields`" : "")}", $"{tail.TrimEnd()} | cat >/dev/null"),
            Pipeline("tail", "`tail -n +1 FILE | cat`", $"tail -n +1 {log} | cat >/dev/null"),
            Pipeline("cat", "`cat FILE | cat`", $"cat {log} | cat >/dev/null"),
            // Its own action for named pipes gives up for half a minute when the pipe is full; a program's stdin is waited for.
            Pipeline("rsyslog", "imfile to omprog, one template; the program throws the bytes away and says when the last has come", $$"""
                cd {{workspace.Directory}}
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
                """) with { Needs = [Need.Program("rsyslogd")] },
        ];

        Contender Pipeline(string name, string description, string script) => new(name, description, async token =>
        {
            var measurement = await ChildProcess.MeasureToEndAsync("bash", ["-o", "pipefail", "-c", script], null, token);
            measurement[Throughput] = length / measurement[Metric.Elapsed] / (1 << 20);
            return measurement;
        });
    }

    /// <summary>The same bytes each time: ids and figures count up.</summary>
    private static async Task WriteLogAsync(string path, CancellationToken cancellationToken)
    {
        await using var log = new StreamWriter(path, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, BufferSize = 1 << 20 });
        var time = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        for (var (written, i) = (0L, 0); written < Size; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var line = string.Create(
                CultureInfo.InvariantCulture,
                $$"""{"timestamp":"{{time.AddMilliseconds(i):yyyy-MM-dd'T'HH:mm:ss.fff'Z'}}","level":"info","event":"request","request_id":"{{i:x16}}","trace_id":"{{i:x32}}","method":"POST","path":"/inference","status":"success","status_code":200,"latency_ms":{{i % 977 / 100.0}},"model":"linear-text-v1","prediction":"positive","text_chars":{{i % 400}}}""");
            await log.WriteLineAsync(line);
            written += line.Length + 1;
        }
    }
}
