using System.Globalization;
using Bench.Frame;

namespace Bench;

/// <summary><c>bench/run [--pairs N] NAME…</c>; without a name the list of cases.</summary>
internal sealed class CommandLine(IReadOnlyList<IBenchCase> cases, Repository repository, TextWriter output)
{
    private const int LeastPairs = 5;

    /// <returns>0 when everything that could run did; 1 if a case was not run or failed; 2 if the arguments are not understood.</returns>
    public async Task<int> RunAsync(string[] args)
    {
        int? pairs = null;
        if (args is ["--pairs", var number, .. var rest])
        {
            if (!int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var parsed) || parsed < LeastPairs)
            {
                await output.WriteLineAsync($"--pairs {number}: at least {LeastPairs} pairs, or a ratio means nothing.");
                return 2;
            }

            (pairs, args) = (parsed, rest);
        }

        if (args.Length == 0)
        {
            await ListAsync();
            return 0;
        }

        var unknown = args.Where(name => cases.All(benchCase => benchCase.Name != name)).ToList();
        if (unknown.Count > 0)
        {
            await output.WriteLineAsync($"No such case: {string.Join(", ", unknown)}. There are: {string.Join(", ", cases.Select(benchCase => benchCase.Name))}.");
            return 2;
        }

        using var interrupted = new CancellationTokenSource();
        Console.CancelKeyPress += (_, key) =>
        {
            key.Cancel = true;
            interrupted.Cancel();
        };

        var complete = true;
        foreach (var name in args)
        {
            var benchCase = cases.Single(benchCase => benchCase.Name == name);
            complete &= await RunCaseAsync(benchCase, pairs ?? benchCase.Pairs, interrupted.Token);
        }

        return complete ? 0 : 1;
    }

    private async Task ListAsync()
    {
        await output.WriteLineAsync("bench/run [--pairs N] NAME…");
        foreach (var benchCase in cases)
        {
            var missing = Missing(benchCase);
            await output.WriteLineAsync($"  {benchCase.Name,-12} {benchCase.Question}{(missing is null ? "" : $" (not here: {missing})")}");
        }
    }

    private async Task<bool> RunCaseAsync(IBenchCase benchCase, int pairs, CancellationToken cancellationToken)
    {
        if (Missing(benchCase) is { } missing)
        {
            await output.WriteLineAsync($"{benchCase.Name}: not run, {missing}.");
            return false;
        }

        await output.WriteLineAsync($"{benchCase.Name}: {benchCase.Question}");
        var machine = MachineFacts.Take(repository);
        using var workspace = new Workspace(repository, benchCase.Name);
        CaseResult result;
        try
        {
            var contenders = await benchCase.PrepareAsync(workspace, cancellationToken);
            result = await new Runner(output).RunAsync(benchCase, machine, contenders, pairs, cancellationToken);
        }
        catch (BenchException failed)
        {
            await output.WriteLineAsync($"{benchCase.Name}: not run, {failed.Message}");
            return false;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await output.WriteLineAsync($"{benchCase.Name}: interrupted, nothing was written.");
            return false;
        }

        var report = MarkdownReport.Of(result);
        await output.WriteLineAsync();
        await output.WriteLineAsync(report);
        if (result.Ours.NotRun is not null)
        {
            // The last good report stays; there is nothing to compare in this one.
            return false;
        }

        Directory.CreateDirectory(repository["bench/results"]);
        await File.WriteAllTextAsync(repository[$"bench/results/{benchCase.Name}.md"], report, CancellationToken.None);
        await File.WriteAllTextAsync(repository[$"bench/results/{benchCase.Name}.json"], JsonReport.Of(result), CancellationToken.None);
        return true;
    }

    private string? Missing(IBenchCase benchCase) =>
        benchCase.Needs(repository).Select(need => need.Missing()).FirstOrDefault(missing => missing is not null);
}
