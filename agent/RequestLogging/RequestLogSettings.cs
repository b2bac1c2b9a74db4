namespace Agent.RequestLogging;

/// <summary>The path of the request log (<c>LOG_FILE</c>) and its options.</summary>
/// <param name="Path">The current file's path; empty if no request log is written.</param>
/// <param name="Options">Content and size.</param>
internal sealed record RequestLogSettings(string Path, RequestLogOptions Options);
