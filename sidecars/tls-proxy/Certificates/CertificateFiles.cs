using System.Security.Cryptography;

namespace TlsProxy.Certificates;

/// <summary>What a mounted <c>kubernetes.io/tls</c> Secret holds at one moment.</summary>
/// <param name="Certificates">The text of <c>tls.crt</c>.</param>
/// <param name="Key">The text of <c>tls.key</c>.</param>
/// <param name="Authorities">The text of <c>ca.crt</c>, or null when there is none.</param>
internal sealed record CertificateFiles(string Certificates, string Key, string? Authorities)
{
    public const string CertificatesName = "tls.crt";
    public const string KeyName = "tls.key";
    public const string AuthoritiesName = "ca.crt";

    /// <summary>
    /// Where a volume of the kubelet's has its files. The links beside it are for people: one for a file that was not there
    /// before comes a moment after the others have changed.
    /// </summary>
    private const string KubeletData = "..data";

    private const int Attempts = 10;
    private const int MaximumBytes = 1024 * 1024;

    /// <summary>
    /// SHA-256 over all three. The content alone tells whether something changed: a renewed certificate often keeps its
    /// size, and a volume keeps its time stamps.
    /// </summary>
    public string Hash { get; } = Fingerprint(Certificates, Key, Authorities);

    /// <summary>
    /// Reads until two reads agree, be it that something is missing. The kubelet replaces the files of a Secret at once
    /// (<c>..data</c> is renamed over) and then deletes the old ones, but between reading one file and the next, and
    /// between finding a file and opening it, there is time for that.
    /// </summary>
    /// <exception cref="CertificateRefusedException">A file is missing, unreadable, or never stands still.</exception>
    public static CertificateFiles Read(string directory)
    {
        var before = Try(directory);
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var after = Try(directory);
            if (after.Files is not null && after.Files.Hash == before.Files?.Hash)
            {
                return after.Files;
            }

            if (after.Refused is not null && after.Refused.What == before.Refused?.What)
            {
                throw after.Refused;
            }

            before = after;
        }

        throw new CertificateRefusedException(directory, "its files change with every read", "let whatever writes them come to an end.");
    }

    private static (CertificateFiles? Files, CertificateRefusedException? Refused) Try(string directory)
    {
        try
        {
            return (ReadOnce(directory), null);
        }
        catch (CertificateRefusedException refused)
        {
            return (null, refused);
        }
    }

    private static CertificateFiles ReadOnce(string directory)
    {
        var data = Path.Combine(directory, KubeletData);
        var source = Directory.Exists(data) ? data : directory;
        return new(
            ReadFile(directory, source, CertificatesName) ?? throw Missing(directory, CertificatesName),
            ReadFile(directory, source, KeyName) ?? throw Missing(directory, KeyName),
            ReadFile(directory, source, AuthoritiesName));
    }

    private static string? ReadFile(string directory, string source, string name)
    {
        var path = Path.Combine(source, name);
        try
        {
            using var file = File.OpenRead(path);
            if (file.Length > MaximumBytes)
            {
                throw new CertificateRefusedException(directory, $"{name} is larger than {MaximumBytes / 1024} KiB", "put a certificate there.");
            }

            using var reader = new StreamReader(file);
            return reader.ReadToEnd();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CertificateRefusedException(directory, $"{name} cannot be read: {e.Message}", "check the mount, its defaultMode and the fsGroup.", e);
        }
    }

    private static CertificateRefusedException Missing(string directory, string name) => Directory.Exists(directory)
        ? new(directory, $"there is no {name}", "mount a Secret of type kubernetes.io/tls there: its keys are tls.crt and tls.key.")
        : new(directory, "the directory is not there", "mount the TLS Secret there, or set Tls:Directory to where it is.");

    private static string Fingerprint(params ReadOnlySpan<string?> texts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[4];
        foreach (var text in texts)
        {
            // A length before each, so that nothing can move from one file to the next unseen.
            BitConverter.TryWriteBytes(length, text?.Length ?? -1);
            hash.AppendData(length);
            hash.AppendData(System.Text.Encoding.UTF8.GetBytes(text ?? ""));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
