using System.Runtime.Versioning;

// The tests use signals, file modes and symbolic links, which only Unix has.
[assembly: SupportedOSPlatform("linux")]
[assembly: SupportedOSPlatform("macos")]
