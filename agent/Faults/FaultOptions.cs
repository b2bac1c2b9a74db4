using System.ComponentModel.DataAnnotations;

namespace Agent.Faults;

/// <summary>Faults on demand, to observe how the rest of a Pod reacts. None is injected unless <see cref="Enabled"/> is true.</summary>
public sealed class FaultOptions
{
    /// <summary>Whether faults are injected. Default false.</summary>
    public bool Enabled { get; set; }

    /// <summary>Delay added to every inference while it occupies its place at the model: up to one day. Default 0.</summary>
    [DurationRange("00:00:00", "1.00:00:00")]
    public TimeSpan Latency { get; set; }

    /// <summary>Share of inferences that fail with 500, from 0 to 1. Default 0.</summary>
    [Range(0.0, 1.0)]
    public double ErrorShare { get; set; }

    /// <summary>Whether inferences hang until their timeout. Default false.</summary>
    public bool Hang { get; set; }

    /// <summary>Bytes allocated and retained with every inference, until they reach <see cref="MaxMemoryBytes"/>. Default 0.</summary>
    [Range(0, 1 << 30)]
    public int MemoryGrowthBytes { get; set; }

    /// <summary>Upper limit of the retained bytes. Default 1 GiB: the container's limit should be lower.</summary>
    [Range(0, long.MaxValue)]
    public long MaxMemoryBytes { get; set; } = 1L << 30;

    /// <summary>Whether <c>/readyz</c> responds with 503. Default false.</summary>
    public bool NotReady { get; set; }

    /// <summary>Whether the next inference terminates the process immediately, like a crash, with exit code 134. Default false.</summary>
    public bool Crash { get; set; }
}
