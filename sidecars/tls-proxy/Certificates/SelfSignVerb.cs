using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace TlsProxy.Certificates;

/// <summary>
/// <c>self-sign DIRECTORY</c>: a certificate for localhost where there is none yet, so that a first try needs no openssl.
/// </summary>
internal static class SelfSignVerb
{
    public const string Name = "self-sign";

    public const string Usage =
        "self-sign DIRECTORY [--renew]   makes tls.crt and tls.key for localhost, 90 days, where there are none (--renew: in their place)";

    private const string Renew = "--renew";
    private const int ValidDays = 90;

    public static async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        if (args is not ([{ Length: > 0 }] or [{ Length: > 0 }, Renew]) || args[0].StartsWith('-'))
        {
            await Console.Error.WriteLineAsync($"Not understood: {string.Join(' ', args)}. Usage: {Usage}");
            return 2;
        }

        try
        {
            await Console.Out.WriteLineAsync(await RunAsync(args[0], args.Length == 2, TimeProvider.System.GetUtcNow(), cancellationToken));
            return 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"{args[0]}: {e.Message} The directory must be there, and writable by this user.");
            return 1;
        }
    }

    /// <summary>Makes the pair, unless one is there and <paramref name="renew"/> is false.</summary>
    /// <returns>What to tell: the serial number of what is there now.</returns>
    /// <exception cref="IOException">The directory cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory may not be written.</exception>
    internal static async Task<string> RunAsync(string directory, bool renew, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var certificateFile = Path.Combine(directory, "tls.crt");
        var keyFile = Path.Combine(directory, "tls.key");
        if (!renew && File.Exists(certificateFile) && File.Exists(keyFile))
        {
            return $"{certificateFile} is there: left as it is";
        }

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = Request(key).CreateSelfSigned(now.AddMinutes(-5), now.AddDays(ValidDays));
        // The key first, each with one rename: a proxy that looks between them sees a pair that does not match, and keeps its last.
        await WriteAsync(keyFile, key.ExportPkcs8PrivateKeyPem(), UnixFileMode.UserRead | UnixFileMode.UserWrite, cancellationToken);
        await WriteAsync(certificateFile, certificate.ExportCertificatePem(), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead, cancellationToken);
        return $"{certificateFile}: self-signed for localhost, {ValidDays} days, serial {certificate.SerialNumber}";
    }

    private static CertificateRequest Request(ECDsa key)
    {
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1", "serverAuth")], critical: false));
        return request;
    }

    private static async Task WriteAsync(string file, string text, UnixFileMode mode, CancellationToken cancellationToken)
    {
        var whole = file + ".new";
        File.Delete(whole);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = mode;
        }

        await using (var writer = new StreamWriter(whole, options))
        {
            await writer.WriteAsync((text + "\n").AsMemory(), cancellationToken);
        }

        File.Move(whole, file, overwrite: true);
    }
}
