namespace Hosting.Tests.Configuration;

public sealed class OptionsValidatorTests
{
    [Fact]
    public void Default_options_are_valid() => Assert.Empty(OptionsValidator.ValidateOptions(TestOptions.TestShape, new TestOptions()));

    [Fact]
    public void Every_broken_rule_is_reported_with_its_full_key()
    {
        var options = new TestOptions
        {
            Name = "",
            Letter = "c",
            Custom = "y",
            Sink =
            {
                MaxBytes = 0,
                Enabled = true,
                Share = 1.5,
                Offset = -1,
                Wait = TimeSpan.FromHours(2),
                Named = { ["one"] = new() { Host = "h", Weight = 0 } },
            },
            Routes = [new() { Host = "h" }, new() { Weight = 10 }],
            Management = { Port = -1 },
        };

        Assert.Equal(
            [
                "Custom = 'y': must start with x.",
                "Letter = 'c': must be one of a, b.",
                "Management:Port = '-1': must be from 0 to 65535.",
                "Name: is required. Set NAME in the environment, \"Name\" in the file, or --Name=…",
                "Routes:1:Host: is required. Set ROUTES__1__HOST in the environment, \"Routes:1:Host\" in the file, or --Routes:1:Host=…",
                "Routes:1:Weight = '10': must be from 1 to 9.",
                "Sink:MaxBytes = '0': must be from 1 to 100.",
                "Sink:Named:one:Weight = '0': must be from 1 to 9.",
                "Sink:Offset = '-1': must be from 0 to 9.223372036854776E+18.",
                "Sink:Share = '1.5': must be from 0 to 1.",
                "Sink:Url: is required by Sink:Enabled.",
                "Sink:Wait = '02:00:00': must be from 00:00:00.0100000 to 01:00:00.",
            ],
            OptionsValidator
                .ValidateOptions(TestOptions.TestShape, options)
                .Select(error => error.ToString())
                .Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Rules_across_keys_are_checked_at_the_root_too()
    {
        var error = Assert.Single(OptionsValidator.ValidateOptions(TestOptions.TestShape, new TestOptions { Name = "invalid" }));

        Assert.Equal("Name = 'invalid': must not be invalid.", error.ToString());
    }
}
