using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace ConfigReloader.Watching;

/// <summary>What a watched place held at one moment.</summary>
/// <param name="Fingerprint">
/// SHA-256 over every file's name, length and bytes, as <c>sha256:…</c>: equal exactly when the application would read
/// the same, whatever the time stamps, the links or the order of the directory say.
/// </param>
/// <param name="Files">The files, in ordinal order of their names.</param>
internal sealed record Snapshot(string Fingerprint, IReadOnlyList<SourceFile> Files)
{
    /// <summary>Adds one file after the other; the order of the calls is part of the fingerprint.</summary>
    internal sealed class Builder : IDisposable
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private readonly List<SourceFile> _files = [];

        public void BeginFile(string name, long length)
        {
            // Lengths go in before what they measure, so that no two different directories hash the same bytes.
            Span<byte> lengths = stackalloc byte[12];
            var utf8 = Encoding.UTF8.GetBytes(name);
            BinaryPrimitives.WriteInt32LittleEndian(lengths, utf8.Length);
            BinaryPrimitives.WriteInt64LittleEndian(lengths[4..], length);
            _hash.AppendData(lengths);
            _hash.AppendData(utf8);
        }

        public void Append(ReadOnlySpan<byte> bytes) => _hash.AppendData(bytes);

        public void EndFile(SourceFile file) => _files.Add(file);

        public Snapshot Build() => new("sha256:" + Convert.ToHexStringLower(_hash.GetHashAndReset()), _files);

        public void Dispose() => _hash.Dispose();
    }
}
