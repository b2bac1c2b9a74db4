namespace Lab.Objects;

internal static class VolumeModes
{
    /// <summary>rw-r--r--, as for every volume that is made of files.</summary>
    public const int Default = 420;
}
