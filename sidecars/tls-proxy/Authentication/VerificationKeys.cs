using System.Text;
using Microsoft.IdentityModel.Tokens;

namespace TlsProxy.Authentication;

/// <summary>The keys of a JWKS file (RFC 7517), each for one purpose and strong enough for it.</summary>
internal sealed class VerificationKeys
{
    private const int MinimumRsaBits = 2048;
    private const int MinimumSecretBits = 256;

    private readonly IReadOnlyList<JsonWebKey> _keys;

    private VerificationKeys(IReadOnlyList<JsonWebKey> keys) => _keys = keys;

    /// <exception cref="FormatException">It is no JWKS, or no key in it can verify anything.</exception>
    public static VerificationKeys Parse(byte[] content)
    {
        JsonWebKeySet set;
        try
        {
            set = new JsonWebKeySet(Encoding.UTF8.GetString(content));
        }
        catch (Exception e) when (e is ArgumentException or System.Text.Json.JsonException or FormatException)
        {
            throw new FormatException($"It is no JSON Web Key Set: {e.Message}");
        }

        var keys = set.Keys.Where(k => k.Use is null or "" or "sig" && (k.KeyOps.Count == 0 || k.KeyOps.Contains("verify"))).ToList();
        if (keys.Count == 0)
        {
            throw new FormatException("It holds no key that signatures are verified with.");
        }

        foreach (var key in keys)
        {
            Check(key);
        }

        return new VerificationKeys(keys);
    }

    /// <summary>
    /// The keys that may have signed a token. The key decides which algorithm it is for, and never the token: an RSA key
    /// verifies no HMAC, however its bytes might be read.
    /// </summary>
    /// <param name="kid">The key that the token names; null or empty when it names none.</param>
    /// <param name="algorithm">The algorithm that the token names.</param>
    public IEnumerable<SecurityKey> For(string? kid, string algorithm) => _keys.Where(k =>
        (string.IsNullOrEmpty(kid) || k.Kid == kid)
        && (string.IsNullOrEmpty(k.Alg) || k.Alg == algorithm)
        && k.Kty == KeyTypeOf(algorithm)
        && (k.Kty != "EC" || k.Crv == CurveOf(algorithm)));

    private static string? KeyTypeOf(string algorithm) => algorithm.Length == 0 ? null : algorithm[..2] switch
    {
        "RS" or "PS" => "RSA",
        "ES" => "EC",
        "HS" => "oct",
        _ => null,
    };

    private static string? CurveOf(string algorithm) => algorithm switch
    {
        SecurityAlgorithms.EcdsaSha256 => "P-256",
        SecurityAlgorithms.EcdsaSha384 => "P-384",
        SecurityAlgorithms.EcdsaSha512 => "P-521",
        _ => null,
    };

    private static void Check(JsonWebKey key)
    {
        var name = string.IsNullOrEmpty(key.Kid) ? "without a kid" : $"'{key.Kid}'";
        try
        {
            var (bits, least) = key.Kty switch
            {
                "RSA" => (8 * Base64UrlEncoder.DecodeBytes(key.N).Length, MinimumRsaBits),
                "oct" => (8 * Base64UrlEncoder.DecodeBytes(key.K).Length, MinimumSecretBits),
                "EC" when key.Crv is "P-256" or "P-384" or "P-521" && key.X is not null && key.Y is not null => (MinimumSecretBits, MinimumSecretBits),
                _ => throw new FormatException($"The key {name} is neither RSA nor oct nor EC on P-256, P-384 or P-521."),
            };
            if (bits < least)
            {
                throw new FormatException($"The key {name} has {bits} bits, and {key.Kty} needs {least}.");
            }
        }
        catch (ArgumentNullException)
        {
            throw new FormatException($"The key {name} lacks a part that {key.Kty} needs.");
        }
    }
}
