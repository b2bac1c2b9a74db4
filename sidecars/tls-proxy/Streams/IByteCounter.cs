namespace TlsProxy.Streams;

/// <summary>Counts bytes that pass through.</summary>
internal interface IByteCounter
{
    long WrittenBytes { get; }
}
