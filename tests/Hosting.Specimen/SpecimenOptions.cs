using System.ComponentModel.DataAnnotations;

namespace Specimen;

internal sealed partial class SpecimenOptions : ContainerOptions, IValidatable
{
    [ConfigurationKeyName("LOG_FILE")]
    public string? LogFile { get; set; }

    public string Greeting { get; set; } = "hello";

    public HttpOptions Http { get; set; } = new();

    public SinkOptions Sink { get; set; } = new();

    [ConfigurationKeyName("ReverseProxy")]
    public IConfigurationSection? Routes { get; set; }

    public IEnumerable<ConfigurationError> Validate(string path)
    {
        if (Sink is { Type: SinkType.Http, Url: null })
        {
            yield return new(path + "Sink:Url", null, "is required by Sink:Type=http. Set the URL of the log store.");
        }
    }

    internal sealed class HttpOptions
    {
        [Range(0, 65535)]
        public int Port { get; set; }

        [Range(0, 3600)]
        public double SlowSeconds { get; set; } = 1;
    }

    internal enum SinkType
    {
        Stdout,
        Http,
    }

    internal sealed class SinkOptions
    {
        public SinkType Type { get; set; } = SinkType.Stdout;

        public Uri? Url { get; set; }

        [Secret]
        public string? Pin { get; set; }

        public string? TokenFile { get; set; }

        public TimeSpan Wait { get; set; } = TimeSpan.FromSeconds(5);

        /// <summary>The most bytes of a batch. Default 1 MiB.</summary>
        [Range(1, 1 << 30)]
        public int MaxBytes { get; set; } = 1 << 20;

        public string[] Labels { get; set; } = ["app"];

        public Dictionary<string, string> Headers { get; set; } = [];
    }
}
