using System.Diagnostics.Metrics;

namespace MetricsRelay.Forward;

/// <summary>What every forwarder takes from the process around it.</summary>
/// <param name="Time">The clock.</param>
/// <param name="Problems">Told when a receiver does not take what it is sent.</param>
/// <param name="Meters">Makes the forwarder's own metrics.</param>
internal sealed record ForwarderParts(TimeProvider Time, Problems Problems, IMeterFactory Meters);
