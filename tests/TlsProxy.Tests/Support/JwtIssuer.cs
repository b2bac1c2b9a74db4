using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace TlsProxy.Tests.Support;

/// <summary>Valid and forged JSON Web JwtIssuer, created without the library that validates them.</summary>
internal sealed class JwtIssuer : IDisposable
{
    public const string Issuer = "https://issuer.example";
    public const string Audience = "agent";

    public RSA Rsa { get; } = RSA.Create(2048);

    public ECDsa Ec { get; } = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public byte[] Secret { get; } = RandomNumberGenerator.GetBytes(32);

    public void Dispose()
    {
        Rsa.Dispose();
        Ec.Dispose();
    }

    /// <summary>The public keys as a JWKS.</summary>
    public string Jwks(string rsaKid = "rsa", string ecKid = "ec")
    {
        var rsa = Rsa.ExportParameters(false);
        var ec = Ec.ExportParameters(false);
        return JsonSerializer.Serialize(new
        {
            keys = new object[]
            {
                new { kty = "RSA", use = "sig", kid = rsaKid, n = Encode(rsa.Modulus!), e = Encode(rsa.Exponent!) },
                new { kty = "EC", use = "sig", kid = ecKid, crv = "P-256", x = Encode(ec.Q.X!), y = Encode(ec.Q.Y!) },
            },
        });
    }

    public string SecretJwks() => JsonSerializer.Serialize(
        new { keys = new[] { new { kty = "oct", kid = "shared", k = Encode(Secret) } } });

    public static Dictionary<string, object> Claims() => new()
    {
        ["iss"] = Issuer,
        ["aud"] = Audience,
        ["sub"] = "alice",
        ["exp"] = DateTimeOffset.UtcNow.AddMinutes(10).ToUnixTimeSeconds(),
    };

    public string Make(string algorithm, string? kid, Dictionary<string, object>? claims = null, Dictionary<string, object>? more = null, byte[]? secret = null)
    {
        var header = new Dictionary<string, object>(more ?? []) { ["alg"] = algorithm, ["typ"] = "JWT" };
        if (kid is not null)
        {
            header["kid"] = kid;
        }

        var signed = Encode(JsonSerializer.SerializeToUtf8Bytes(header)) + "." + Encode(
            JsonSerializer.SerializeToUtf8Bytes(claims ?? Claims()));
        var bytes = Encoding.ASCII.GetBytes(signed);
        var signature = algorithm switch
        {
            "RS256" => Rsa.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
            "RS384" => Rsa.SignData(bytes, HashAlgorithmName.SHA384, RSASignaturePadding.Pkcs1),
            "PS256" => Rsa.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pss),
            "ES256" => Ec.SignData(bytes, HashAlgorithmName.SHA256),
            "HS256" => HMACSHA256.HashData(secret ?? Secret, bytes),
            _ => [],
        };
        return signed + "." + Encode(signature);
    }

    public static string Encode(byte[] bytes) => Base64Url.EncodeToString(bytes);
}
