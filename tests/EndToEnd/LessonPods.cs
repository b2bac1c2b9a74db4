using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using TestKit;

namespace EndToEnd;

/// <summary>A manifest of k8s/labs as its own text has it, perhaps with an address of this machine in place of one of a cluster.</summary>
internal static partial class LessonPods
{
    /// <summary>What <c>kubectl get pods</c> shows according to the head of the manifest.</summary>
    public static (string Pod, string Ready, string Status) Shown(string manifest)
    {
        var row = RowPattern().Match(Read(manifest));
        Assert.True(row.Success, $"{manifest} does not show what kubectl get pods says");
        return (row.Groups[1].Value, row.Groups[2].Value, row.Groups[3].Value);
    }

    public static string Read(string manifest) => File.ReadAllText(Path.Combine(RunningPod.Repository, "k8s/labs", manifest));

    /// <summary>Runs it in the lab, until it shows the READY count of its text.</summary>
    public static Task<RunningPod> StartAsync(string manifest)
    {
        var (pod, ready, _) = Shown(manifest);
        return RunningPod.StartAsync(["k8s/labs/" + manifest], Name(pod), ready);
    }

    /// <summary>A copy of it with other text in places; each of them must be there.</summary>
    public static string Copy(string manifest, TemporaryDirectory directory, params (string Old, string New)[] changes)
    {
        var file = directory[Path.GetFileName(manifest)];
        File.WriteAllText(file, Read(manifest));
        Edit(file, changes);
        return file;
    }

    /// <summary>Changes a file in place.</summary>
    public static void Edit(string file, params (string Old, string New)[] changes)
    {
        var text = File.ReadAllText(file);
        foreach (var (old, @new) in changes)
        {
            Assert.Contains(old, text, StringComparison.Ordinal);
            text = text.Replace(old, @new, StringComparison.Ordinal);
        }

        File.WriteAllText(file, text);
    }

    /// <summary>Asks the agent for an inference.</summary>
    /// <returns>The request's id.</returns>
    public static async Task<string> InferAsync(HttpClient client)
    {
        using var answer = await client.PostAsJsonAsync("http://localhost:8000/inference", new { text = "what a lovely day" });
        answer.EnsureSuccessStatusCode();
        return answer.Headers.GetValues("X-Request-Id").Single();
    }

    /// <summary>What the log tailer's status says is wrong.</summary>
    public static async Task<IReadOnlyList<(string What, string Remedy)>> ProblemsAsync(HttpClient client)
    {
        using var status = JsonDocument.Parse(await client.GetStringAsync(new Uri("http://localhost:8002/statusz")));
        return [.. status.RootElement.GetProperty("problems").EnumerateArray().Select(p => (p.GetProperty("what").GetString()!, p.GetProperty("remedy").GetString()!))];
    }

    public static async Task StopAsync(RunningPod pod)
    {
        pod.Lab.Terminate();
        Assert.Equal(0, await pod.Lab.ExitAsync());
    }

    /// <summary>The lab calls a Deployment's Pod after the Deployment.</summary>
    private static string Name(string pod) => ReplicaSuffixPattern().Replace(pod, "");

    [GeneratedRegex(@"^#\s+(\S+)\s+(\d/\d)\s+(\w+)\s+0\s+\d+s$", RegexOptions.Multiline)]
    private static partial Regex RowPattern();

    [GeneratedRegex("(-[0-9a-f]{10})?-[0-9a-z]{5}$")]
    private static partial Regex ReplicaSuffixPattern();
}
