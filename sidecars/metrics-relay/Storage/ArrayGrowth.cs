namespace MetricsRelay.Storage;

/// <summary>
/// The growth policy of arrays with one element per series: they double while they are small, then grow by an eighth, which limits
/// unused memory in large arrays.
/// </summary>
internal static class ArrayGrowth
{
    private const int SmallLength = 4096;

    public static int NextLength(int length, int needed) =>
        Math.Max(Math.Max(64, needed), length < SmallLength ? length * 2 : length + (length / 8));

    /// <summary>How many slots of a hash table may be used before it must grow. Keeps probe sequences short.</summary>
    public static int MaxUsedSlots(int slots) => slots / 8 * 7;
}
