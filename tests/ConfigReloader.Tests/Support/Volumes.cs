namespace ConfigReloader.Tests.Support;

internal static class Volumes
{
    /// <summary>Creates a ConfigMap volume with its first version.</summary>
    public static MountedVolume CreateVolume(string path, params (string Key, string Content)[] files)
    {
        var volume = new MountedVolume(path);
        volume.ReplaceFiles(files);
        return volume;
    }
}
