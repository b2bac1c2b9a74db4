using System.Reflection;
using System.Text.RegularExpressions;

namespace TlsProxy.Tests;

/// <summary>What the documentation says is shown by a test is shown by one that exists.</summary>
public sealed partial class ThreatTableTests
{
    [Fact]
    public async Task Every_threat_names_existing_tests()
    {
        var rows = (await File.ReadAllLinesAsync(Documentation()))
            .SkipWhile(line => line != "## Threats")
            .SkipWhile(line => !line.StartsWith('|'))
            .TakeWhile(line => line.StartsWith('|'))
            .Skip(2)
            .ToList();
        var tests = Assembly.GetExecutingAssembly().GetTypes().ToLookup(t => t.Name);

        Assert.True(rows.Count >= 20, $"{rows.Count} threats");
        foreach (var row in rows)
        {
            var named = Code().Matches(row.Split('|')[^2]).Select(m => m.Groups[1].Value).ToList();
            Assert.True(named.Count > 0, $"no test for: {row}");
            foreach (var name in named)
            {
                var parts = name.Split('.');
                var methods = tests[parts[0]].SelectMany(t => t.GetMethods()).Where(m => m.GetCustomAttributes<FactAttribute>().Any()).ToList();
                Assert.True(methods.Count > 0, $"{parts[0]} is no class of tests");
                Assert.True(parts.Length == 1 || methods.Any(m => m.Name == parts[1]), $"{name} is no test");
            }
        }
    }

    private static string Documentation()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory!.FullName, "Agent.sln")))
        {
            directory = directory.Parent;
        }

        return Path.Combine(directory.FullName, "docs", "tls-proxy.md");
    }

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();
}
