using System.Text.Json.Serialization;

namespace ConfigReloader.Watching;

/// <summary>Serializes without reflection, so that the program can be compiled natively.</summary>
[JsonSerializable(typeof(WatchOptions))]
[JsonSerializable(typeof(SortedDictionary<string, string>))]
internal sealed partial class WatchJson : JsonSerializerContext;
