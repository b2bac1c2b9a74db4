namespace Lab.Objects;

internal static class VolumeModes
{
    /// <summary>rw-r--r--, the default for volumes with files from the API.</summary>
    public const int Default = 420;
}
