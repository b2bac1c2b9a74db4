using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace TlsProxy.Certificates;

/// <summary>
/// <c>self-sign DIRECTORY</c>: generates a certificate for localhost if there is none, so that a first try needs no openssl.
/// </summary>
internal static class SelfSignVerb
{
    public const string Name = "self-sign";

    public const string Usage =
        "self-sign DIRECTORY [--renew]   generates tls.crt and tls.key for localhost, 90 days, unless they exist (--renew: replaces them)";

    private const string Renew = "--renew";
    private const int ValidDays = 90;

    public static async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        if (args is not ([{ Length: > 0 }] or [{ Length: > 0 }, Renew]) || args[0].StartsWith('-'))
        {
            await Console.Error.WriteLineAsync($"Invalid arguments: {string.Join(' ', args)}. Usage: {Usage}");
            return 2;
        }

        try
        {
            var now = TimeProvider.System.GetUtcNow();
            await Console.Out.WriteLineAsync(await EnsureCertificateAsync(args[0], args.Length == 2, now, cancellationToken));
            return 0;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"{args[0]}: {exception.Message} The directory must exist and be writable by this user.");
            return 1;
        }
    }

    /// <summary>Generates the certificate and key, unless they exist and <paramref name="renew"/> is false.</summary>
    /// <returns>The message for the user.</returns>
    /// <exception cref="IOException">The directory cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The process has no permission to write the directory.</exception>
    internal static async Task<string> EnsureCertificateAsync(
        string directory, bool renew, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var certificateFile = Path.Combine(directory, "tls.crt");
        var keyFile = Path.Combine(directory, "tls.key");
        if (!renew && File.Exists(certificateFile) && File.Exists(keyFile))
        {
            return $"{certificateFile} exists and is left unchanged";
        }

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = CreateRequest(key).CreateSelfSigned(now.AddMinutes(-5), now.AddDays(ValidDays));

        // The key first, each file with one rename: a proxy that scans in between sees a key that does not match, and keeps its
        // certificate.
        const UnixFileMode ownerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        await ReplaceFileAsync(keyFile, key.ExportPkcs8PrivateKeyPem(), ownerOnly, cancellationToken);
        const UnixFileMode readableByAll = ownerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        await ReplaceFileAsync(certificateFile, certificate.ExportCertificatePem(), readableByAll, cancellationToken);
        return $"{certificateFile}: generated a self-signed certificate for localhost, {ValidDays} days, serial {certificate.SerialNumber}";
    }

    private static CertificateRequest CreateRequest(ECDsa key)
    {
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(
            new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1", "serverAuth")], critical: false));
        return request;
    }

    private static async Task ReplaceFileAsync(string file, string text, UnixFileMode mode, CancellationToken cancellationToken)
    {
        var temporary = file + ".new";
        File.Delete(temporary);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = mode;
        }

        await using (var writer = new StreamWriter(temporary, options))
        {
            await writer.WriteAsync((text + "\n").AsMemory(), cancellationToken);
        }

        File.Move(temporary, file, overwrite: true);
    }
}
