using System.Text;
using LogTailer.Lines;
using LogTailer.Transform;

namespace LogTailer.Tests.Transform;

/// <summary>Enrichment, filter and redaction, byte for byte.</summary>
public sealed class LineTransformTests
{
    [Theory]
    [InlineData("""{"a":1}""", """{"a":1,"pod":"p-1","node":"n\"1"}""")]
    [InlineData("""{ "a" : 1.0e5 , "ä":"\u00e4" }  """, """{ "a" : 1.0e5 , "ä":"\u00e4" ,"pod":"p-1","node":"n\"1"}  """)]
    [InlineData("""{}""", """{"pod":"p-1","node":"n\"1"}""")]
    [InlineData("""{"pod":"mine"}""", """{"pod":"mine","node":"n\"1"}""")]
    [InlineData("""{"inner":{"pod":"x"}}""", """{"inner":{"pod":"x"},"pod":"p-1","node":"n\"1"}""")]
    [InlineData("plain \"text\"", """{"message":"plain \"text\"","pod":"p-1","node":"n\"1"}""")]
    [InlineData("""[1]""", """{"message":"[1]","pod":"p-1","node":"n\"1"}""")]
    [InlineData("""{"a":""", """{"message":"{\"a\":","pod":"p-1","node":"n\"1"}""")]
    [InlineData("""{"a":1} x""", """{"message":"{\"a\":1} x","pod":"p-1","node":"n\"1"}""")]
    public void Fields_are_added_and_the_rest_of_the_line_is_unchanged(string line, string expected)
    {
        var transform = Create(fields: new() { ["pod"] = "p-1", ["node"] = "n\"1" });

        Assert.Equal(
            expected.Replace("\\\"1", "\\u00221", StringComparison.Ordinal),
            Apply(transform, line)!.Replace("n\\\"1", "n\\u00221", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""{"password":"x","a":1}""", """{"password":"***","a":1}""")]
    [InlineData("""{"a":{"b":[{"password" :  {"deep":[1,2]}}]},"password":null}""", """{"a":{"b":[{"password" :  "***"}]},"password":"***"}""")]
    [InlineData("""{"pass\u0077ord":12}""", """{"pass\u0077ord":"***"}""")]
    [InlineData("""{"a":"password"}""", """{"a":"password"}""")]
    [InlineData("""no json, password x""", """no json, password x""")]
    [InlineData(""" {"password":"x"}""", """ {"password":"***"}""")]
    [InlineData("\t\r {\"password\":\"x\"}", "\t\r {\"password\":\"***\"}")]
    [InlineData("""[{"password":"x","a":1},[{"password":{"b":2}}],3]""", """[{"password":"***","a":1},[{"password":"***"}],3]""")]
    [InlineData("""[1,"password"]""", """[1,"password"]""")]
    [InlineData("""[INFO] password x""", """[INFO] password x""")]
    [InlineData("""[2026] {"a":1}""", """[2026] {"a":1}""")]
    public void Values_of_redacted_fields_are_replaced_at_any_depth(string line, string expected)
        => Assert.Equal(expected, Apply(Create(redact: ["password"]), line));

    [Theory]
    [InlineData("""{"a":1,"password":"secr""")]
    [InlineData("""{"a":1,"password":{"x":"secret" """)]
    [InlineData("""{"a":1,"x":oops,"password":"secret"}""")]
    [InlineData("""  {"a":1,"password":"secr""")]
    [InlineData("""[{"a":1},{"password":"secr""")]
    [InlineData("""[{"a":1}] {"password":"secret"}""")]
    public void Incomplete_or_damaged_object_reveals_no_secret(string line)
    {
        var shipped = Apply(Create(redact: ["password"]), line)!;

        Assert.StartsWith("""{"a":1""", shipped.TrimStart(' ', '['), StringComparison.Ordinal);
        Assert.DoesNotContain("secr", shipped, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"path":"\ud800"}""")]
    [InlineData("""{"path":"\ud800","a":1}""")]
    [InlineData("""{"\ud800":1}""")]
    public void Line_with_a_lone_surrogate_is_shipped(string line)
    {
        Assert.Equal(line, Apply(Create(drop: ["path=/healthz*"]), line));
        Assert.Equal(line, Apply(Create(drop: ["path=/healthz"]), line));
        Assert.NotNull(Apply(Create(redact: ["token"]), line));
        Assert.Contains("\"pod\":\"p\"", Apply(Create(fields: new() { ["pod"] = "p" }), line), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"\ud800":1,"token":"secret"}""")]
    [InlineData("""{"token":"secret","\ud800":1}""")]
    [InlineData("""{"path":"\ud800","token":"secret"}""")]
    [InlineData("""{"token":{"a":"secret"},"path":"\ud800"}""")]
    public void Line_with_a_lone_surrogate_reveals_no_secret(string line)
    {
        Assert.DoesNotContain("secret", Apply(Create(redact: ["token"], drop: ["path=/healthz*"]), line), StringComparison.Ordinal);
        Assert.DoesNotContain("secret", Apply(Create(fields: new() { ["pod"] = "p" }, redact: ["token"]), line), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"path":"/healthz"}""", true)]
    [InlineData("""{"path":"/health"}""", true)]
    [InlineData("""{"path":"\/healthz"}""", true)]
    [InlineData("""  {"path":"/healthz"}""", true)]
    [InlineData("""{"path":"/inference"}""", false)]
    [InlineData("""{"level":"debug"}""", true)]
    [InlineData("""{"level":"debugging"}""", false)]
    [InlineData("""{"status":200}""", true)]
    [InlineData("""{"inner":{"level":"debug"}}""", false)]
    [InlineData("""level=debug""", false)]
    public void Lines_that_match_a_condition_are_dropped(string line, bool dropped)
        => Assert.Equal(dropped ? null : line, Apply(Create(drop: ["path=/health*", "level=debug", "status=200"]), line));

    [Fact]
    public void Wrapped_truncated_line_contains_its_original_length()
        => Assert.Equal("""{"message":"abc","truncated_from_bytes":1000,"pod":"p"}""", Apply(Create(fields: new() { ["pod"] = "p" }), "abc", 1000));

    [Fact]
    public void Invalid_UTF8_is_replaced_when_a_line_is_wrapped()
    {
        var output = new ByteBuffer();
        Create(fields: new() { ["pod"] = "p" }).TryApply([(byte)'a', 0xFF], 0, output);

        Assert.Equal(
            "{\"message\":\"a\uFFFD\",\"pod\":\"p\"}",
            Encoding.UTF8.GetString(output.Bytes).Replace("\\uFFFD", "\uFFFD", StringComparison.Ordinal));
    }

    [Fact]
    public void Default_options_create_no_transform()
        => Assert.Null(LineTransform.TryCreate(new EnrichOptions(), new FilterOptions(), new RedactOptions()));

    private static LineTransform Create(Dictionary<string, string>? fields = null, string[]? drop = null, string[]? redact = null)
        => LineTransform.TryCreate(new EnrichOptions { Fields = fields ?? [] }, new FilterOptions { Drop = drop ?? [] }, new RedactOptions { Fields = redact ?? [] })!;

    private static string? Apply(LineTransform transform, string line, long originalLength = 0)
    {
        var output = new ByteBuffer();
        return transform.TryApply(Encoding.UTF8.GetBytes(line), originalLength, output) ? Encoding.UTF8.GetString(output.Bytes) : null;
    }
}
