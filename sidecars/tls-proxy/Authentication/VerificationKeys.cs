using System.Text;
using System.Text.Json;
using Microsoft.IdentityModel.Tokens;

namespace TlsProxy.Authentication;

/// <summary>The keys of a JWKS file (RFC 7517) that can verify signatures and are strong enough for it.</summary>
internal sealed class VerificationKeys
{
    private const int MinimumRsaBits = 2048;
    private const int MinimumSecretBits = 256;

    private readonly IReadOnlyList<JsonWebKey> _keys;

    private VerificationKeys(IReadOnlyList<JsonWebKey> keys) => _keys = keys;

    /// <exception cref="FormatException">The content is not a JWKS, or contains no key that can verify a signature.</exception>
    public static VerificationKeys ParseFile(byte[] content)
    {
        JsonWebKeySet set;
        try
        {
            set = new JsonWebKeySet(Encoding.UTF8.GetString(content));
        }
        catch (Exception exception) when (exception is ArgumentException or JsonException or FormatException)
        {
            throw new FormatException($"The file is not a JSON Web Key Set: {exception.Message}");
        }

        var keys = set.Keys.Where(k => k.Use is null or "" or "sig" && (k.KeyOps.Count == 0 || k.KeyOps.Contains("verify"))).ToList();
        if (keys.Count == 0)
        {
            throw new FormatException("The file contains no key for verifying signatures.");
        }

        foreach (var key in keys)
        {
            RejectWeakKey(key);
        }

        return new VerificationKeys(keys);
    }

    /// <summary>
    /// The keys that may have signed a token. The key determines its algorithm, never the token: an RSA key does not verify an HMAC,
    /// even if its bytes could be used as a secret.
    /// </summary>
    /// <param name="keyId">The key id in the token; null or empty for none.</param>
    /// <param name="algorithm">The algorithm in the token.</param>
    public IEnumerable<SecurityKey> FindCandidates(string? keyId, string algorithm) => _keys.Where(k =>
        (string.IsNullOrEmpty(keyId) || k.Kid == keyId)
        && (string.IsNullOrEmpty(k.Alg) || k.Alg == algorithm)
        && k.Kty == GetKeyType(algorithm)
        && (k.Kty != "EC" || k.Crv == GetCurve(algorithm)));

    private static string? GetKeyType(string algorithm) => algorithm.Length == 0 ? null : algorithm[..2] switch
    {
        "RS" or "PS" => "RSA",
        "ES" => "EC",
        "HS" => "oct",
        _ => null,
    };

    private static string? GetCurve(string algorithm) => algorithm switch
    {
        SecurityAlgorithms.EcdsaSha256 => "P-256",
        SecurityAlgorithms.EcdsaSha384 => "P-384",
        SecurityAlgorithms.EcdsaSha512 => "P-521",
        _ => null,
    };

    private static void RejectWeakKey(JsonWebKey key)
    {
        var name = string.IsNullOrEmpty(key.Kid) ? "without a kid" : $"'{key.Kid}'";
        try
        {
            var (bits, minimum) = key.Kty switch
            {
                "RSA" => (8 * Base64UrlEncoder.DecodeBytes(key.N).Length, MinimumRsaBits),
                "oct" => (8 * Base64UrlEncoder.DecodeBytes(key.K).Length, MinimumSecretBits),
                "EC" when key is { Crv: "P-256" or "P-384" or "P-521", X: not null, Y: not null } => (MinimumSecretBits, MinimumSecretBits),
                _ => throw new FormatException($"The key {name} is neither RSA, nor oct, nor EC on P-256, P-384 or P-521."),
            };
            if (bits < minimum)
            {
                throw new FormatException($"The key {name} has {bits} bits, but {key.Kty} needs {minimum}.");
            }
        }
        catch (ArgumentNullException)
        {
            throw new FormatException($"The key {name} lacks a member that {key.Kty} needs.");
        }
    }
}
