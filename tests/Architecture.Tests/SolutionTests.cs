using System.Text.RegularExpressions;

namespace Architecture.Tests;

public sealed partial class SolutionTests
{
    [Fact]
    public void Solution_contains_every_project_of_the_repository()
    {
        var projects = Directory.EnumerateFiles(Repository.Root, "*.csproj", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Repository.Root, file))
            .Where(file => !file.Split('/').Any(folder => folder is "bin" or "obj" or "artifacts" || folder.StartsWith('.')));

        var listed = ProjectPattern().Matches(Repository.ReadText("Agent.sln")).Select(match => match.Groups[1].Value.Replace('\\', '/'));

        Assert.Equal(projects.Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }

    [GeneratedRegex("""= "[^"]+", "([^"]+\.csproj)",""")]
    private static partial Regex ProjectPattern();
}
