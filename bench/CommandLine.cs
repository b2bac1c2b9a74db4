using System.Globalization;
using Bench.Harness;

namespace Bench;

/// <summary><c>bench/run [--pairs N] NAME…</c>; without a name it lists the cases.</summary>
internal sealed class CommandLine(IReadOnlyList<IBenchCase> cases, TextWriter output)
{
    private const int MinimumPairs = 5;

    /// <summary>Runs the named cases.</summary>
    /// <returns>0 if all cases ran; 1 if a case was not run or failed; 2 if the arguments are invalid.</returns>
    public async Task<int> RunAsync(string[] args)
    {
        int? pairs = null;
        if (args is ["--pairs", var number, .. var rest])
        {
            if (!int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var parsed) || parsed < MinimumPairs)
            {
                await output.WriteLineAsync($"--pairs {number}: use at least {MinimumPairs} pairs; with fewer, a ratio is not meaningful.");
                return 2;
            }

            (pairs, args) = (parsed, rest);
        }

        if (args.Length == 0)
        {
            await ListCasesAsync();
            return 0;
        }

        var unknown = args.Where(name => cases.All(benchCase => benchCase.Name != name)).ToList();
        if (unknown.Count > 0)
        {
            var known = string.Join(", ", cases.Select(benchCase => benchCase.Name));
            await output.WriteLineAsync($"Unknown case: {string.Join(", ", unknown)}. The cases are: {known}.");
            return 2;
        }

        using var interrupted = new CancellationTokenSource();
        Console.CancelKeyPress += (_, key) =>
        {
            key.Cancel = true;
            interrupted.Cancel();
        };

        var isComplete = true;
        foreach (var name in args)
        {
            var benchCase = cases.Single(benchCase => benchCase.Name == name);
            isComplete &= await RunCaseAsync(benchCase, pairs ?? benchCase.Pairs, interrupted.Token);
        }

        return isComplete ? 0 : 1;
    }

    private async Task ListCasesAsync()
    {
        await output.WriteLineAsync("bench/run [--pairs N] NAME…");
        foreach (var benchCase in cases)
        {
            var missing = Requirement.FindFirstMissing(benchCase.Requirements);
            await output.WriteLineAsync(
                $"  {benchCase.Name,-12} {benchCase.Question}{(missing is null ? "" : $" (cannot run here: {missing})")}");
        }
    }

    private async Task<bool> RunCaseAsync(IBenchCase benchCase, int pairs, CancellationToken cancellationToken)
    {
        if (Requirement.FindFirstMissing(benchCase.Requirements) is { } missing)
        {
            await output.WriteLineAsync($"{benchCase.Name}: not run, {missing}.");
            return false;
        }

        await output.WriteLineAsync($"{benchCase.Name}: {benchCase.Question}");
        using var workspace = new Workspace(benchCase.Name);
        CaseResult result;
        try
        {
            var machine = await MachineFacts.CollectAsync(cancellationToken);
            var contenders = await benchCase.PrepareAsync(workspace, cancellationToken);
            result = await new CaseRunner(output).RunCaseAsync(benchCase, machine, contenders, pairs, cancellationToken);
        }
        catch (BenchException exception)
        {
            await output.WriteLineAsync($"{benchCase.Name}: not run, {exception.Message}");
            return false;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await output.WriteLineAsync($"{benchCase.Name}: interrupted, no report was written.");
            return false;
        }

        var report = MarkdownReport.FormatResult(result);
        await output.WriteLineAsync();
        await output.WriteLineAsync(report);
        if (result.Ours.NotRun is not null)
        {
            // Without our own program there is nothing to compare, so the previous report is kept.
            return false;
        }

        Directory.CreateDirectory(Repository.PathOf("bench/results"));
        await File.WriteAllTextAsync(Repository.PathOf($"bench/results/{benchCase.Name}.md"), report, CancellationToken.None);
        await File.WriteAllTextAsync(
            Repository.PathOf($"bench/results/{benchCase.Name}.json"), JsonReport.FormatResult(result), CancellationToken.None);
        return true;
    }
}
