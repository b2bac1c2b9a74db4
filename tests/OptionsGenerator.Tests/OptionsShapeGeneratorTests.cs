namespace OptionsGenerator.Tests;

public sealed class OptionsShapeGeneratorTests
{
    [Fact]
    public void Options_with_values_of_every_kind_compile_without_warnings()
    {
        var run = new GeneratorRun("""
            public enum Color { Red }

            public sealed partial class SampleOptions : ContainerOptions
            {
                /// <summary>The "port" of <c>/x</c>, see <see cref="Share"/>.</summary>
                [Range(0, 65535), ConfigurationKeyName("PORT")]
                public int Port { get; set; }

                [Range(0.0, 1.0, ErrorMessage = "must be a share.")]
                public double? Share { get; set; }

                [DurationRange("00:00:00", "01:00:00")]
                public TimeSpan Wait { get; set; }

                [AllowedValues("a", null, 1)]
                public string? Letter { get; set; }

                [Secret]
                public Uri? Address { get; set; }

                public Color Color { get; set; }

                public string[] Names { get; set; } = [];

                public IReadOnlyList<long> Sizes { get; set; } = [];

                public Dictionary<string, List<Section>> Sections { get; set; } = [];

                public IConfigurationSection? Tree { get; set; }

                public int Derived => Port + 1;

                private sealed class Hidden;
            }

            public abstract class SectionBase
            {
                public bool Enabled { get; set; }
            }

            public sealed class Section : SectionBase
            {
                public Leaf? Leaf { get; set; }
            }

            public sealed class Leaf
            {
                public byte Size { get; set; }
            }
            """);

        Assert.Empty(run.Problems);
        Assert.Empty(run.CompilationErrors);
        var source = Assert.Single(run.Sources);
        Assert.Contains("""Name = "PORT",""", source, StringComparison.Ordinal);
        Assert.Contains("""Description = "The \"port\" of /x, see Share.",""", source, StringComparison.Ordinal);
        Assert.Contains("RangeAttribute(0D, 1D) { ErrorMessage = \"must be a share.\" }", source, StringComparison.Ordinal);
        Assert.Contains("IsSecret = true", source, StringComparison.Ordinal);
        Assert.DoesNotContain("Derived", source, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("public sealed class SampleOptions : ContainerOptions { }")]
    [InlineData("public partial class Outer { public sealed partial class SampleOptions : ContainerOptions { } }")]
    public void Options_class_that_cannot_be_extended_is_rejected(string source)
    {
        var run = new GeneratorRun(source);

        var problem = Assert.Single(run.Problems);
        Assert.Equal("OPTIONS001", problem.Id);
        Assert.Contains("'SampleOptions' must be partial", problem.GetMessage(null), StringComparison.Ordinal);
        Assert.Empty(run.Sources);
    }

    [Theory]
    [InlineData("object?")]
    [InlineData("Dictionary<int, string>")]
    [InlineData("List<object>")]
    [InlineData("IDisposable?")]
    [InlineData("DateTime")]
    public void Option_of_a_type_that_cannot_be_configured_is_rejected(string type)
    {
        var run = new GeneratorRun($$"""
            public sealed partial class SampleOptions : ContainerOptions { public {{type}} Wrong { get; set; } = default!; }
            """);

        var problem = Assert.Single(run.Problems);
        Assert.Equal("OPTIONS002", problem.Id);
        Assert.Contains("Option 'Wrong' has the type", problem.GetMessage(null), StringComparison.Ordinal);
    }

    [Fact]
    public void Range_that_needs_reflection_is_rejected_with_its_replacement()
    {
        var run = new GeneratorRun("""
            public sealed partial class SampleOptions : ContainerOptions
            {
                [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
                public TimeSpan Wait { get; set; }
            }
            """);

        var problem = Assert.Single(run.Problems);
        Assert.Equal("OPTIONS003", problem.Id);
        Assert.Contains("use DurationRange", problem.GetMessage(null), StringComparison.Ordinal);
    }

    [Fact]
    public void Classes_that_are_no_options_get_no_shape()
    {
        var run = new GeneratorRun("""
            public abstract class CommonOptions : ContainerOptions { }
            public class Other : IDisposable { public void Dispose() { } }
            """);

        Assert.Empty(run.Problems);
        Assert.Empty(run.Sources);
    }
}
