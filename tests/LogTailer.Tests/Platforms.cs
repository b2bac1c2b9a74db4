using System.Runtime.Versioning;

// Signals, file modes and links that move under a name are Unix's.
[assembly: SupportedOSPlatform("linux")]
[assembly: SupportedOSPlatform("macos")]
