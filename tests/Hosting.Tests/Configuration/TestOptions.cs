using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Configuration;

namespace Hosting.Tests.Configuration;

/// <summary>Options with one key of every kind.</summary>
internal sealed class TestOptions : ContainerOptions, IValidatable
{
    [ConfigurationKeyName("LOG_FILE")]
    public string? LogFile { get; set; }

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

    internal sealed class SinkSection : IValidatable
    {
        public Uri? Url { get; set; }

        public bool Enabled { get; set; }

        [Secret]
        public string? Pin { get; set; }

        public string? PasswordFile { get; set; }

        [Range(1, 100)]
        public int MaxBytes { get; set; } = 10;

        public TimeSpan Wait { get; set; } = TimeSpan.FromSeconds(5);

        public string[] Labels { get; set; } = ["app", "pod"];

        public List<int> Ports { get; set; } = [80];

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
