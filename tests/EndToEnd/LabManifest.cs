using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace EndToEnd;

/// <summary>The manifests of k8s/labs, some with an address of this machine instead of one in a cluster.</summary>
internal static partial class LabManifest
{
    /// <summary>The row of <c>kubectl get pods</c> that the comment at the head of the manifest shows.</summary>
    public static (string Pod, string Ready, string Status) ReadExpectedRow(string manifest)
    {
        var row = RowPattern().Match(ReadManifest(manifest));
        Assert.True(row.Success, $"{manifest} does not show the output of kubectl get pods");
        return (row.Groups[1].Value, row.Groups[2].Value, row.Groups[3].Value);
    }

    /// <summary>Reads a manifest.</summary>
    public static string ReadManifest(string manifest) => Repository.ReadText("k8s/labs/" + manifest);

    /// <summary>Runs a manifest in the lab until the lab shows the READY count of its head.</summary>
    public static Task<RunningPod> StartPodAsync(string manifest)
    {
        var (pod, ready, _) = ReadExpectedRow(manifest);
        return RunningPod.StartAsync(["k8s/labs/" + manifest], RemoveReplicaSuffix(pod), ready);
    }

    /// <summary>Copies a manifest and replaces texts in the copy; each of them must occur.</summary>
    /// <returns>The path of the copy.</returns>
    public static string CopyManifest(string manifest, TemporaryDirectory directory, params (string Old, string New)[] changes)
    {
        var file = directory[Path.GetFileName(manifest)];
        File.WriteAllText(file, ReadManifest(manifest));
        ReplaceText(file, changes);
        return file;
    }

    /// <summary>Replaces texts in a file; each of them must occur.</summary>
    public static void ReplaceText(string file, params (string Old, string New)[] changes)
    {
        var text = File.ReadAllText(file);
        foreach (var (oldText, newText) in changes)
        {
            Assert.Contains(oldText, text, StringComparison.Ordinal);
            text = text.Replace(oldText, newText, StringComparison.Ordinal);
        }

        File.WriteAllText(file, text);
    }

    /// <summary>Sends an inference request to the agent.</summary>
    /// <returns>The request's id.</returns>
    public static async Task<string> SendInferenceAsync(HttpClient client)
    {
        using var response = await client.PostAsJsonAsync("http://localhost:8000/inference", new { text = "what a lovely day" });
        response.EnsureSuccessStatusCode();
        return response.Headers.GetValues("X-Request-Id").Single();
    }

    /// <summary>The problems in the log tailer's status, each as its text followed by its remedy.</summary>
    public static async Task<IReadOnlyList<string>> ReadProblemsAsync(HttpClient client)
    {
        using var status = JsonDocument.Parse(await client.GetStringAsync(new Uri("http://localhost:8002/statusz")));
        return
        [
            .. status.RootElement.GetProperty("problems").EnumerateArray()
                .Select(problem => $"{problem.GetProperty("what").GetString()} {problem.GetProperty("remedy").GetString()}"),
        ];
    }

    /// <summary>Waits for a problem that contains all of the texts.</summary>
    public static async Task WaitForProblemAsync(HttpClient client, params string[] texts)
    {
        IReadOnlyList<string> problems = [];
        await Eventually.AssertAsync(
            async () =>
            {
                problems = await ReadProblemsAsync(client);
                return problems.Any(problem => texts.All(text => problem.Contains(text, StringComparison.Ordinal)));
            },
            () => $"a problem with '{string.Join("' and '", texts)}'; there are:\n{string.Join('\n', problems)}");
    }

    /// <summary>The lab names the Pod of a Deployment after the Deployment.</summary>
    private static string RemoveReplicaSuffix(string pod) => ReplicaSuffixPattern().Replace(pod, "");

    [GeneratedRegex(@"^#\s+(\S+)\s+(\d/\d)\s+(\w+)\s+0\s+\d+s$", RegexOptions.Multiline)]
    private static partial Regex RowPattern();

    [GeneratedRegex("(-[0-9a-f]{10})?-[0-9a-z]{5}$")]
    private static partial Regex ReplicaSuffixPattern();
}
