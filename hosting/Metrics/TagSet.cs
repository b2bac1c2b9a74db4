namespace Hosting.Metrics;

/// <summary>The tags of a measurement as a dictionary key: equal when the same tags come in the same order.</summary>
/// <param name="Tags">The tags; never changed.</param>
internal readonly record struct TagSet(KeyValuePair<string, object?>[] Tags);
