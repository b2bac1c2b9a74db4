using System.Reflection;

namespace LogTailer.Tests.Diagnosis;

/// <summary>The recipes of the documentation are configurations that the program takes.</summary>
public sealed class RecipeTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    public static TheoryData<int> All => [.. Enumerable.Range(0, Recipes().Count)];

    [Theory]
    [MemberData(nameof(All))]
    public async Task Every_ConfigMap_of_the_page_is_valid(int number)
    {
        await File.WriteAllTextAsync(_directory["log-tailer.json"], Recipes()[number]);
        await using var check = TailerProcess.Start(_directory["app.log"], "check", $"--config={_directory["log-tailer.json"]}");

        // What is behind it is not here; only the first finding is about the recipe.
        await Eventually.HoldsAsync(() => check.LineCount > 0 || check.HasExited, check.ToString);

        if (check.HasExited)
        {
            // Read to its end, which may be a little later than it ended.
            await check.ExitAsync();
        }

        Assert.StartsWith("ok    configuration: valid", check.Lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public void There_is_one_for_every_store() => Assert.Equal(
        ["loki", "elasticsearch", "splunk", "otlp", "datadog", "http", "file"],
        Recipes().Take(7).Select(recipe => System.Text.Json.Nodes.JsonNode.Parse(recipe)!["Sink"]!["Type"]!.GetValue<string>()));

    private static List<string> Recipes()
    {
        var repository = Assembly.GetExecutingAssembly().GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "Repository").Value!;
        return [.. File.ReadAllText(Path.Combine(repository, "docs/log-tailer.md")).Split("  log-tailer.json: |\n").Skip(1).Select(rest => rest[..rest.IndexOf("```", StringComparison.Ordinal)])];
    }
}
