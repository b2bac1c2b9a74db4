namespace Hosting.Metrics;

/// <summary>How measurements of an instrument change the value of its Prometheus metric.</summary>
internal enum InstrumentKind
{
    /// <summary>A counter; each measurement is an increment.</summary>
    Counter,

    /// <summary>A counter; each measurement is the total.</summary>
    ObservedCounter,

    /// <summary>A gauge; each measurement is a positive or negative increment.</summary>
    UpDownCounter,

    /// <summary>A gauge; each measurement is the value.</summary>
    Gauge,

    /// <summary>A histogram; each measurement is an observation.</summary>
    Histogram,
}
