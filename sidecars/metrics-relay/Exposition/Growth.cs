namespace MetricsRelay.Exposition;

/// <summary>
/// How arrays grow that hold one element for each series: double while they are small, then by an eighth, because what a
/// large one has spare is memory that is never used.
/// </summary>
internal static class Growth
{
    private const int Small = 4096;

    public static int Of(int length, int needed) =>
        Math.Max(Math.Max(64, needed), length < Small ? length * 2 : length + (length / 8));

    /// <summary>How many of a hash table's slots may be taken, so that a search ends soon.</summary>
    public static int Load(int slots) => slots / 8 * 7;
}
