using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using TlsProxy.Files;
using TlsProxy.Policies;

namespace TlsProxy.Authentication;

/// <summary>
/// Validates JSON Web Tokens (RFC 7519) as RFC 8725 says: by a list of algorithms, keys of a file that may rotate, and
/// always with issuer, audience and end.
/// </summary>
internal sealed class JwtBearer
{
    private static readonly string[] Algorithms =
    [
        SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha384, SecurityAlgorithms.RsaSha512,
        SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.RsaSsaPssSha384, SecurityAlgorithms.RsaSsaPssSha512,
        SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384, SecurityAlgorithms.EcdsaSha512,
        SecurityAlgorithms.HmacSha256, SecurityAlgorithms.HmacSha384, SecurityAlgorithms.HmacSha512,
    ];

    private readonly JsonWebTokenHandler _handler = new() { MapInboundClaims = false, MaximumTokenSizeInBytes = 16 * 1024 };
    private readonly TokenValidationParameters _parameters;

    private JwtBearer(WatchedFile<VerificationKeys> keys, string[] algorithms, string[] issuers, string[] audiences, TimeSpan skew, TimeProvider time) =>
        _parameters = new TokenValidationParameters
        {
            ValidAlgorithms = algorithms,
            ValidIssuers = issuers,
            ValidAudiences = audiences,
            RequireSignedTokens = true,
            RequireExpirationTime = true,
            RequireAudience = true,
            TryAllIssuerSigningKeys = false,
            IssuerSigningKeyResolver = (_, token, kid, _) => keys.Current.For(kid, ((JsonWebToken)token).Alg),
            LifetimeValidator = (notBefore, expires, _, _) =>
            {
                var now = time.GetUtcNow().UtcDateTime;
                return expires is not null && expires > now - skew && (notBefore is null || notBefore <= now + skew);
            },
        };

    public static JwtBearer? Read(MetadataReader reader, FileWatch files, TimeProvider time)
    {
        if (!reader.HasAny("Jwt."))
        {
            return null;
        }

        var file = reader.Required("Jwt.JwksFile", "Name the file with the keys.");
        var issuers = Names(reader, "Jwt.Issuer", "Say whose tokens are taken: without it, any that a known key signed would be.");
        var audiences = Names(reader, "Jwt.Audience", "Say for whom the tokens are: without it, one for another service would do here.");
        var algorithms = reader.Has("Jwt.Algorithms") ? reader.List("Jwt.Algorithms") : [SecurityAlgorithms.RsaSha256, SecurityAlgorithms.EcdsaSha256];
        foreach (var algorithm in algorithms.Where(a => !Algorithms.Contains(a)))
        {
            reader.Refuse("Jwt.Algorithms", $"has {algorithm}, which is none of {string.Join(", ", Algorithms)}.");
        }

        if (algorithms.Any(IsShared) && !algorithms.All(IsShared))
        {
            reader.Refuse("Jwt.Algorithms", "mixes HMAC, whose key is shared, with others: use two routes, each with a key file of its own.");
        }

        var skew = TimeSpan.FromSeconds(reader.Number("Jwt.ClockSkewSeconds", 30, 0, 300));
        return file.Length > 0 && files.Open("Jwt.JwksFile", VerificationKeys.Parse) is { } keys
            ? new JwtBearer(keys, algorithms, issuers, audiences, skew, time)
            : null;
    }

    /// <summary>Whose token it is, or why it is not taken.</summary>
    public async Task<(string? Identity, string? Refused)> ValidateAsync(string token)
    {
        var result = await _handler.ValidateTokenAsync(token, _parameters);
        if (!result.IsValid)
        {
            return (null, Reason(result.Exception));
        }

        var jwt = (JsonWebToken)result.SecurityToken;
        if (jwt.TryGetHeaderValue<object>("crit", out _))
        {
            // RFC 7515, 4.1.11: what must be understood, and is not, makes the token invalid.
            return (null, "it has critical extensions");
        }

        var identity = jwt.Subject;
        return string.IsNullOrEmpty(identity) || identity.AsSpan().ContainsAnyExceptInRange(' ', '~')
            ? (null, "it has no subject that can be passed on")
            : (identity, null);
    }

    private static string[] Names(MetadataReader reader, string key, string remedy)
    {
        _ = reader.Required(key, remedy);
        return reader.List(key);
    }

    private static bool IsShared(string algorithm) => algorithm.StartsWith("HS", StringComparison.Ordinal);

    /// <summary>Enough for the owner of a token, and nothing of the token or the keys.</summary>
    private static string Reason(Exception? cause) => cause switch
    {
        SecurityTokenInvalidAlgorithmException => "its algorithm is not allowed",
        SecurityTokenSignatureKeyNotFoundException => "its key is not known",
        SecurityTokenExpiredException or SecurityTokenNotYetValidException or SecurityTokenInvalidLifetimeException or SecurityTokenNoExpirationException => "it is expired, not valid yet, or has no end",
        SecurityTokenInvalidAudienceException => "it is for another audience",
        SecurityTokenInvalidIssuerException => "it is from another issuer",
        SecurityTokenInvalidSignatureException => "its signature is wrong",
        _ => "it is malformed",
    };
}
