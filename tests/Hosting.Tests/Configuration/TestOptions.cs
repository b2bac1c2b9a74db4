using System.ComponentModel.DataAnnotations;
using Hosting.Configuration.Shapes;
using Microsoft.Extensions.Configuration;

namespace Hosting.Tests.Configuration;

/// <summary>Options with one key of every kind.</summary>
internal sealed partial class TestOptions : ContainerOptions, IValidatable
{
    /// <summary>The generated shape of this class.</summary>
    public static SectionShape TestShape => ReadShape<TestOptions>();

    /// <summary>
    /// The <c>path</c> of the log; see <see cref="SinkSection.Url"/> &amp; others, or
    /// <see langword="null"/>.
    /// </summary>
    [ConfigurationKeyName("LOG_FILE")]
    public string? LogFile { get; set; }

    /// <summary>The name.</summary>
    [Required]
    public string? Name { get; set; } = "test";

    [AllowedValues("a", "b")]
    public string Letter { get; set; } = "a";

    [RegularExpression("^x", ErrorMessage = "must start with x.")]
    public string Custom { get; set; } = "x";

    public SinkSection Sink { get; set; } = new();

    public List<RouteSection> Routes { get; set; } = [];

    public IConfigurationSection? Tree { get; set; }

    public IEnumerable<ConfigurationError> Validate(string path)
    {
        if (Name == "invalid")
        {
            yield return new(path + "Name", Name, "must not be invalid.");
        }
    }

    private static SectionShape ReadShape<TOptions>()
        where TOptions : IDescribedOptions => TOptions.Shape;

    internal sealed class SinkSection : IValidatable
    {
        public Uri? Url { get; set; }

        public bool Enabled { get; set; }

        [Secret]
        public string? Pin { get; set; }

        public string? PasswordFile { get; set; }

        /// <summary>The most bytes.</summary>
        [Range(1, 100)]
        public int MaxBytes { get; set; } = 10;

        [DurationRange("00:00:00.010", "01:00:00")]
        public TimeSpan Wait { get; set; } = TimeSpan.FromSeconds(5);

        public string[] Labels { get; set; } = ["app", "pod"];

        public List<int> Ports { get; set; } = [80];

        [Range(0.0, 1.0)]
        public double? Share { get; set; }

        [Range(0, long.MaxValue)]
        public long Offset { get; set; } = 7;

        public ConsoleFormat Format { get; set; }

        public Dictionary<string, RouteSection> Named { get; set; } = new() { ["default"] = new() { Host = "d", Weight = 2 } };

        /// <summary>Headers by name.</summary>
        public Dictionary<string, string> Headers { get; set; } = [];

        public IEnumerable<ConfigurationError> Validate(string path)
        {
            if (Enabled && Url is null)
            {
                yield return new(path + "Url", null, "is required by Sink:Enabled.");
            }
        }
    }

    internal sealed class RouteSection
    {
        [Required]
        public string? Host { get; set; }

        [Range(1, 9)]
        public int Weight { get; set; } = 1;
    }
}
