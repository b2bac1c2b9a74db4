using System.Security.Cryptography;
using System.Text;

namespace TlsProxy.Certificates;

/// <summary>The content of a mounted <c>kubernetes.io/tls</c> Secret at one moment.</summary>
/// <param name="Certificates">The text of <c>tls.crt</c>.</param>
/// <param name="Key">The text of <c>tls.key</c>.</param>
/// <param name="Authorities">The text of <c>ca.crt</c>, or null when there is none.</param>
internal sealed record CertificateFiles(string Certificates, string Key, string? Authorities)
{
    public const string CertificatesName = "tls.crt";
    public const string KeyName = "tls.key";
    public const string AuthoritiesName = "ca.crt";

    /// <summary>
    /// The link behind which the kubelet keeps the files of a volume. The links next to it are for people: the link of an added file
    /// appears a moment after the other files have changed.
    /// </summary>
    private const string KubeletData = "..data";

    private const int MaximumReads = 10;
    private const int MaximumBytes = 1024 * 1024;

    /// <summary>
    /// SHA-256 of all three. Only the content shows a change: a renewed certificate often has the same size, and a volume may keep its
    /// timestamps.
    /// </summary>
    public string Hash { get; } = ComputeHash(Certificates, Key, Authorities);

    /// <summary>
    /// Reads until two reads agree, even if both find a file missing. The kubelet replaces all files of a Secret atomically (by renaming
    /// <c>..data</c>) and then deletes the old ones, but the replacement may happen between two files, or between finding and opening one.
    /// </summary>
    /// <exception cref="CertificateRejectedException">A file is missing or unreadable, or the files keep changing.</exception>
    public static CertificateFiles ReadConsistent(string directory)
    {
        var before = TryReadOnce(directory);
        for (var read = 0; read < MaximumReads; read++)
        {
            var after = TryReadOnce(directory);
            if (after.Files is not null && after.Files.Hash == before.Files?.Hash)
            {
                return after.Files;
            }

            if (after.Rejection is not null && after.Rejection.Reason == before.Rejection?.Reason)
            {
                throw after.Rejection;
            }

            before = after;
        }

        throw new CertificateRejectedException(directory, "its files change with every read", "let the process that writes them finish.");
    }

    private static (CertificateFiles? Files, CertificateRejectedException? Rejection) TryReadOnce(string directory)
    {
        try
        {
            return (ReadOnce(directory), null);
        }
        catch (CertificateRejectedException rejection)
        {
            return (null, rejection);
        }
    }

    private static CertificateFiles ReadOnce(string directory)
    {
        var data = Path.Combine(directory, KubeletData);
        var source = Directory.Exists(data) ? data : directory;
        return new(
            ReadFile(directory, source, CertificatesName) ?? throw CreateMissingError(directory, CertificatesName),
            ReadFile(directory, source, KeyName) ?? throw CreateMissingError(directory, KeyName),
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
                throw new CertificateRejectedException(
                    directory, $"{name} is larger than {MaximumBytes / 1024} KiB", "check that the Secret contains the right file.");
            }

            using var reader = new StreamReader(file);
            return reader.ReadToEnd();
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CertificateRejectedException(
                directory, $"{name} cannot be read: {exception.Message}", "check the mount, its defaultMode and the fsGroup.", exception);
        }
    }

    private static CertificateRejectedException CreateMissingError(string directory, string name) => Directory.Exists(directory)
        ? new(directory, $"there is no {name}", "mount a Secret of type kubernetes.io/tls: its keys are tls.crt and tls.key.")
        : new(directory, "the directory does not exist", "mount the TLS Secret there, or set Tls:Directory to its directory.");

    private static string ComputeHash(params ReadOnlySpan<string?> texts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[4];
        foreach (var text in texts)
        {
            // The length before each text, so that moving text from one file to the next changes the hash.
            BitConverter.TryWriteBytes(length, text?.Length ?? -1);
            hash.AppendData(length);
            hash.AppendData(Encoding.UTF8.GetBytes(text ?? ""));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
