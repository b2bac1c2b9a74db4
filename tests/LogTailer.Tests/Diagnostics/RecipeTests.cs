namespace LogTailer.Tests.Diagnostics;

/// <summary>The recipes in the documentation are valid configurations.</summary>
public sealed class RecipeTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    public static TheoryData<int> All => [.. Enumerable.Range(0, ReadRecipes().Count)];

    [Theory]
    [MemberData(nameof(All))]
    public async Task Every_ConfigMap_in_the_documentation_is_valid(int number)
    {
        await File.WriteAllTextAsync(_directory["log-tailer.json"], ReadRecipes()[number]);
        await using var check = TailerProcess.Start(_directory["app.log"], "check", $"--config={_directory["log-tailer.json"]}");

        // The stores of the recipes do not exist here; only the first finding is about the configuration.
        await Eventually.AssertAsync(() => check.Process.OutputCount > 0 || check.Process.HasExited, check.ToString);

        if (check.Process.HasExited)
        {
            // The last output may arrive after the exit.
            await check.WaitForExitAsync();
        }

        Assert.StartsWith("ok    configuration: valid", check.Lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Documentation_has_a_recipe_for_every_store() => Assert.Equal(
        ["loki", "elasticsearch", "splunk", "otlp", "datadog", "http", "file"],
        ReadRecipes().Take(7).Select(recipe => System.Text.Json.Nodes.JsonNode.Parse(recipe)!["Sink"]!["Type"]!.GetValue<string>()));

    private static List<string> ReadRecipes() =>
    [
        .. Repository.ReadText("docs/log-tailer.md")
            .Split("  log-tailer.json: |\n")
            .Skip(1)
            .Select(rest => rest[..rest.IndexOf("```", StringComparison.Ordinal)]),
    ];
}
