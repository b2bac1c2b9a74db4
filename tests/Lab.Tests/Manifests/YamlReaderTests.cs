using Lab.Manifests;
using Xunit.Abstractions;

namespace Lab.Tests.Manifests;

public sealed class YamlReaderTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("0440", "288")]
    [InlineData("0o440", "288")]
    [InlineData("0x1F", "31")]
    [InlineData("1_000", "1000")]
    [InlineData("-5", "-5")]
    [InlineData("1.5", "1.5")]
    [InlineData("yes", "true")]
    [InlineData("off", "false")]
    [InlineData("\"yes\"", "\"yes\"")]
    [InlineData("'0440'", "\"0440\"")]
    [InlineData("1.2.3", "\"1.2.3\"")]
    [InlineData("089", "89")]
    [InlineData("12e", "\"12e\"")]
    [InlineData("64Mi", "\"64Mi\"")]
    public void Plain_scalar_has_the_same_meaning_as_in_kubectl(string yaml, string json) =>
        Assert.Equal(json, YamlReader.ReadDocuments("in.yaml", $"a: {yaml}").Single().Root["a"]!.ToJsonString());

    [Fact]
    public void Several_documents_anchors_and_merges_are_read()
    {
        var documents = YamlReader.ReadDocuments("in.yaml",
            """
            base: &base {a: 1, b: 2}
            other: {<<: *base, b: 3}
            again: *base
            ---
            ---
            second: true
            """);

        Assert.Equal(
            ["""{"base":{"a":1,"b":2},"other":{"b":3,"a":1},"again":{"a":1,"b":2}}""", """{"second":true}"""],
            documents.Select(document => document.Root.ToJsonString()));
    }

    [Theory]
    [InlineData("a: [1, 2", 1)]
    [InlineData("a: 1\nb: {", 2)]
    [InlineData("a: 1\na: 2", 2)]
    [InlineData("a: *nowhere", 1)]
    [InlineData("a:\n\t- b", 1)]
    [InlineData("? [1]\n: 2", 1)]
    public void Invalid_YAML_is_rejected_with_its_line(string yaml, int line)
    {
        var exception = Assert.Throws<ManifestException>(() => YamlReader.ReadDocuments("in.yaml", yaml));

        Assert.Matches($"^in\\.yaml:({line}|{line + 1}): ", exception.Message);
    }

    [Fact]
    public void Deep_nesting_and_multiplying_aliases_are_rejected()
    {
        Assert.Throws<ManifestException>(() => YamlReader.ReadDocuments("in.yaml", new string('[', 10_000)));

        var laughs = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + string.Concat(Enumerable.Range(1, 9).Select(i => $"a{i}: &a{i} [{string.Join(',', Enumerable.Repeat($"*a{i - 1}", 9))}]\n"));
        Assert.Throws<ManifestException>(() => YamlReader.ReadDocuments("in.yaml", laughs));
    }

    [Fact]
    public void Random_bytes_are_either_accepted_or_rejected_with_a_manifest_error()
    {
        var random = RandomSource.Create(output);
        for (var round = 0; round < 300; round++)
        {
            var bytes = new byte[random.Next(1, 400)];
            random.NextBytes(bytes);
            var text = System.Text.Encoding.Latin1.GetString(bytes);
            try
            {
                ManifestSet.ReadManifests([("garbage.yaml", text)]);
            }
            catch (ManifestException exception)
            {
                Assert.True(exception.Message.StartsWith("garbage.yaml:", StringComparison.Ordinal), $"seed {random.Seed}: {exception.Message}");
            }
        }
    }
}
