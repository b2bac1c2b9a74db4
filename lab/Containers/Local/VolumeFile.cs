namespace Lab.Containers.Local;

/// <summary>A file of a volume.</summary>
/// <param name="Content">Its bytes.</param>
/// <param name="Mode">Its permissions, as the manifest gives them.</param>
/// <param name="IsText">Text of a ConfigMap, in which a container's own paths may stand.</param>
internal sealed record VolumeFile(byte[] Content, int Mode, bool IsText = false);
