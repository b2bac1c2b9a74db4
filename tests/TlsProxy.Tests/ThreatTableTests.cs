using System.Reflection;
using System.Text.RegularExpressions;

namespace TlsProxy.Tests;

/// <summary>The tests named in the table of threats exist.</summary>
public sealed partial class ThreatTableTests
{
    [Fact]
    public async Task Every_threat_names_existing_tests()
    {
        var rows = (await File.ReadAllLinesAsync(Repository.PathOf("docs/tls-proxy.md")))
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
            Assert.True(named.Count > 0, $"a threat has no test: {row}");
            foreach (var name in named)
            {
                var parts = name.Split('.');
                var methods = tests[parts[0]]
                    .SelectMany(t => t.GetMethods())
                    .Where(m => m.GetCustomAttributes<FactAttribute>().Any())
                    .ToList();
                Assert.True(methods.Count > 0, $"{parts[0]} is not a test class");
                Assert.True(parts.Length == 1 || methods.Any(m => m.Name == parts[1]), $"{name} is not a test");
            }
        }
    }

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();
}
