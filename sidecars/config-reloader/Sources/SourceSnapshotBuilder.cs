using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace ConfigReloader.Sources;

/// <summary>Builds a snapshot file by file. The order of the calls is part of the fingerprint.</summary>
internal sealed class SourceSnapshotBuilder : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly List<SourceFile> _files = [];

    public void StartFile(string name, long length)
    {
        // Each length is hashed before the bytes that it measures, so two different directories never hash the same bytes.
        Span<byte> lengths = stackalloc byte[12];
        var utf8 = Encoding.UTF8.GetBytes(name);
        BinaryPrimitives.WriteInt32LittleEndian(lengths, utf8.Length);
        BinaryPrimitives.WriteInt64LittleEndian(lengths[4..], length);
        _hash.AppendData(lengths);
        _hash.AppendData(utf8);
    }

    public void AppendBytes(ReadOnlySpan<byte> bytes) => _hash.AppendData(bytes);

    public void FinishFile(SourceFile file) => _files.Add(file);

    public SourceSnapshot BuildSnapshot() => new("sha256:" + Convert.ToHexStringLower(_hash.GetHashAndReset()), _files);

    public void Dispose() => _hash.Dispose();
}
