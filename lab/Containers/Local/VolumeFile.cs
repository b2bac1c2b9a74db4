namespace Lab.Containers.Local;

/// <summary>A file of a volume.</summary>
/// <param name="Content">Its bytes.</param>
/// <param name="Mode">Its permissions, as in the manifest.</param>
/// <param name="IsText">Text of a ConfigMap, which may contain paths of the container.</param>
internal sealed record VolumeFile(byte[] Content, int Mode, bool IsText = false);
