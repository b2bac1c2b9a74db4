using Lab.Objects;

namespace Lab.Tests.Objects;

public sealed class YamlReaderTests
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
    public void A_plain_scalar_means_what_it_means_to_kubectl(string yaml, string json) =>
        Assert.Equal(json, YamlReader.Read("in.yaml", $"a: {yaml}").Single().Root["a"]!.ToJsonString());

    [Fact]
    public void Several_documents_anchors_and_merges_are_read()
    {
        var documents = YamlReader.Read("in.yaml",
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
    public void What_is_not_YAML_is_refused_with_its_line(string yaml, int line)
    {
        var exception = Assert.Throws<ManifestException>(() => YamlReader.Read("in.yaml", yaml));

        Assert.Matches($"^in\\.yaml:({line}|{line + 1}): ", exception.Message);
    }

    [Fact]
    public void Depth_and_multiplying_aliases_are_bounded()
    {
        Assert.Throws<ManifestException>(() => YamlReader.Read("in.yaml", new string('[', 10_000)));

        var laughs = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + string.Concat(Enumerable.Range(1, 9).Select(i => $"a{i}: &a{i} [{string.Join(',', Enumerable.Repeat($"*a{i - 1}", 9))}]\n"));
        Assert.Throws<ManifestException>(() => YamlReader.Read("in.yaml", laughs));
    }

    [Fact]
    public void Random_bytes_are_refused_and_nothing_else_happens()
    {
        var random = new Random(1);
        for (var round = 0; round < 300; round++)
        {
            var bytes = new byte[random.Next(1, 400)];
            random.NextBytes(bytes);
            var text = System.Text.Encoding.Latin1.GetString(bytes);
            try
            {
                ManifestSet.Read([("garbage.yaml", text)]);
            }
            catch (ManifestException exception)
            {
                Assert.StartsWith("garbage.yaml:", exception.Message, StringComparison.Ordinal);
            }
        }
    }
}
