namespace Lab.Containers;

/// <summary>A volume could not be created. The message is in the kubelet's words.</summary>
internal sealed class MountException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The kubelet's message for a volume that cannot be set up.</summary>
    public static MountException ForVolume(string volume, string reason, Exception? inner = null) =>
        new($"MountVolume.SetUp failed for volume \"{volume}\" : {reason}", inner);
}
