using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using TlsProxy.Files;
using TlsProxy.Metadata;

namespace TlsProxy.Authentication;

/// <summary>
/// Validates JSON Web Tokens (RFC 7519) as RFC 8725 recommends: with a list of allowed algorithms, keys from a file that may rotate, and
/// required issuer, audience and expiry time.
/// </summary>
internal sealed class JwtBearer
{
    private static readonly string[] SupportedAlgorithms =
    [
        SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha384, SecurityAlgorithms.RsaSha512,
        SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.RsaSsaPssSha384, SecurityAlgorithms.RsaSsaPssSha512,
        SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384, SecurityAlgorithms.EcdsaSha512,
        SecurityAlgorithms.HmacSha256, SecurityAlgorithms.HmacSha384, SecurityAlgorithms.HmacSha512,
    ];

    private readonly JsonWebTokenHandler _handler = new() { MapInboundClaims = false, MaximumTokenSizeInBytes = 16 * 1024 };
    private readonly TokenValidationParameters _parameters;

    private JwtBearer(
        WatchedFile<VerificationKeys> keys, string[] algorithms, string[] issuers, string[] audiences, TimeSpan skew, TimeProvider time) =>
        _parameters = new TokenValidationParameters
        {
            ValidAlgorithms = algorithms,
            ValidIssuers = issuers,
            ValidAudiences = audiences,
            RequireSignedTokens = true,
            RequireExpirationTime = true,
            RequireAudience = true,
            TryAllIssuerSigningKeys = false,
            IssuerSigningKeyResolver = (_, token, keyId, _) => keys.Current.FindCandidates(keyId, ((JsonWebToken)token).Alg),
            LifetimeValidator = (notBefore, expires, _, _) =>
            {
                var now = time.GetUtcNow().UtcDateTime;
                return expires is not null && expires > now - skew && (notBefore is null || notBefore <= now + skew);
            },
        };

    public static JwtBearer? FromMetadata(RouteMetadata metadata, MetadataFiles files, TimeProvider time)
    {
        if (!metadata.ContainsGroup("Jwt."))
        {
            return null;
        }

        var file = metadata.GetRequiredText("Jwt.JwksFile", "Set it to the file with the keys.");
        var issuers = ReadRequiredList(
            metadata, "Jwt.Issuer", "Set the accepted issuer: otherwise any token signed with a known key would be accepted.");
        var audiences = ReadRequiredList(
            metadata, "Jwt.Audience", "Set the audience: otherwise a token for another service would be accepted.");
        var algorithms = metadata.ContainsKey("Jwt.Algorithms")
            ? metadata.GetList("Jwt.Algorithms")
            : [SecurityAlgorithms.RsaSha256, SecurityAlgorithms.EcdsaSha256];
        foreach (var algorithm in algorithms.Where(a => !SupportedAlgorithms.Contains(a)))
        {
            metadata.AddError("Jwt.Algorithms", $"contains {algorithm}, which is none of {string.Join(", ", SupportedAlgorithms)}.");
        }

        if (algorithms.Any(IsSharedSecret) && !algorithms.All(IsSharedSecret))
        {
            metadata.AddError(
                "Jwt.Algorithms",
                "mixes HMAC, which uses a shared secret, with other algorithms: use two routes, each with its own key file.");
        }

        var skew = TimeSpan.FromSeconds(metadata.GetNumber("Jwt.ClockSkewSeconds", 30, 0, 300));
        return file.Length > 0 && files.OpenFile("Jwt.JwksFile", VerificationKeys.ParseFile) is { } keys
            ? new JwtBearer(keys, algorithms, issuers, audiences, skew, time)
            : null;
    }

    /// <returns>The subject of the token, or why the token is rejected.</returns>
    public async Task<(string? Identity, string? Reason)> ValidateTokenAsync(string token)
    {
        var result = await _handler.ValidateTokenAsync(token, _parameters);
        if (!result.IsValid)
        {
            return (null, DescribeFailure(result.Exception));
        }

        var jwt = (JsonWebToken)result.SecurityToken;
        if (jwt.TryGetHeaderValue<object>("crit", out _))
        {
            // A token with extensions that must be understood, and are not, is invalid (RFC 7515, section 4.1.11).
            return (null, "it has critical extensions");
        }

        var identity = jwt.Subject;
        return string.IsNullOrEmpty(identity) || identity.AsSpan().ContainsAnyExceptInRange(' ', '~')
            ? (null, "it has no subject that can be forwarded")
            : (identity, null);
    }

    private static string[] ReadRequiredList(RouteMetadata metadata, string key, string remedy)
    {
        _ = metadata.GetRequiredText(key, remedy);
        return metadata.GetList(key);
    }

    private static bool IsSharedSecret(string algorithm) => algorithm.StartsWith("HS", StringComparison.Ordinal);

    /// <summary>Describes a failure for the owner of the token, without details of the token or the keys.</summary>
    private static string DescribeFailure(Exception? cause) => cause switch
    {
        SecurityTokenInvalidAlgorithmException => "its algorithm is not allowed",
        SecurityTokenSignatureKeyNotFoundException => "its key is unknown",
        SecurityTokenExpiredException
            or SecurityTokenNotYetValidException
            or SecurityTokenInvalidLifetimeException
            or SecurityTokenNoExpirationException => "it is expired, not valid yet, or has no expiry time",
        SecurityTokenInvalidAudienceException => "it is for another audience",
        SecurityTokenInvalidIssuerException => "it is from another issuer",
        SecurityTokenInvalidSignatureException => "its signature is wrong",
        _ => "it is malformed",
    };
}
