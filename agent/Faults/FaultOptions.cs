using System.ComponentModel.DataAnnotations;

namespace Agent.Faults;

/// <summary>Trouble on demand, to see how the rest of a Pod takes it. Nothing of it happens unless <see cref="Enabled"/>.</summary>
public sealed class FaultOptions
{
    /// <summary>Whether any of it happens. Default false.</summary>
    public bool Enabled { get; set; }

    /// <summary>Time that every inference takes longer, in its turn at the model: up to a day. Default 0.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan Latency { get; set; }

    /// <summary>Share of inferences that fail with 500, 0 to 1. Default 0.</summary>
    [Range(0.0, 1.0)]
    public double ErrorShare { get; set; }

    /// <summary>Whether inferences get no answer before their time is over. Default false.</summary>
    public bool Hang { get; set; }

    /// <summary>Bytes kept with every inference and never given back, until they are <see cref="MaxMemoryBytes"/>. Default 0.</summary>
    [Range(0, 1 << 30)]
    public int MemoryGrowthBytes { get; set; }

    /// <summary>Bytes kept at most. Default 1 GiB: the container's limit should come first.</summary>
    [Range(0, long.MaxValue)]
    public long MaxMemoryBytes { get; set; } = 1L << 30;

    /// <summary>Whether <c>/readyz</c> answers 503. Default false.</summary>
    public bool NotReady { get; set; }

    /// <summary>Whether the next inference ends the process, as a crash would: at once, with exit code 134. Default false.</summary>
    public bool Crash { get; set; }
}
