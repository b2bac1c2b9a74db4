namespace TlsProxy.Requests;

/// <summary>How many bytes went through.</summary>
internal interface IByteCount
{
    long Written { get; }
}
