using System.Text;
using ConfigReloader.Rendering;

namespace ConfigReloader.Tests.Rendering;

public sealed class PlaceholdersTests
{
    [Theory]
    [InlineData("a: $(NAME)", "a: value")]
    [InlineData("$(NAME)$(NAME)", "valuevalue")]
    [InlineData("x$(EMPTY)y", "xy")]
    [InlineData("$(_under_1)", "score")]
    [InlineData("$$(NAME)", "$(NAME)")] // escaped as in Kubernetes
    [InlineData("$$$(NAME)", "$$(NAME)")]
    [InlineData("${NAME} $NAME $1 100$", "${NAME} $NAME $1 100$")] // placeholder syntax of other programs
    [InlineData("$(date +%s) $() $(1A) $(NAME", "$(date +%s) $() $(1A) $(NAME")]
    [InlineData("", "")]
    [InlineData("ünïcode $(NAME) ☃", "ünïcode value ☃")]
    public void Placeholders_become_values_and_other_text_stays_unchanged(string template, string expected)
    {
        var unknown = new List<UnknownVariable>();

        var rendered = Placeholders.ReplacePlaceholders("f", Encoding.UTF8.GetBytes(template), Variable, unknown);

        Assert.Empty(unknown);
        Assert.Equal(expected, Encoding.UTF8.GetString(rendered.Span));
    }

    [Fact]
    public void Every_unknown_variable_is_reported_with_its_line()
    {
        var unknown = new List<UnknownVariable>();

        Placeholders.ReplacePlaceholders("app.yaml", "one\n$(NOPE)\n\n$(NAME) $(NADA)"u8.ToArray(), Variable, unknown);

        Assert.Equal([new UnknownVariable("app.yaml", 2, "NOPE"), new UnknownVariable("app.yaml", 4, "NADA")], unknown);
    }

    [Fact]
    public void Bytes_that_are_not_text_stay_unchanged()
    {
        byte[] template = [0xff, 0xfe, 0x00, .. "$(NAME)"u8, 0x80];

        var rendered = Placeholders.ReplacePlaceholders("f", template, Variable, []);

        Assert.Equal([0xff, 0xfe, 0x00, .. "value"u8, 0x80], rendered.ToArray());
    }

    private static string? Variable(string name) => name switch
    {
        "NAME" => "value",
        "EMPTY" => "",
        "_under_1" => "score",
        _ => null,
    };
}
