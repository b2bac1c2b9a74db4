using System.Buffers;
using TlsProxy.Files;
using TlsProxy.Metadata;

namespace TlsProxy.Authentication;

/// <summary>Authenticates the requests of a route by API key or token; if both are configured, either is accepted.</summary>
internal sealed class RequestAuthentication
{
    private const string Scheme = "Bearer ";

    private static readonly SearchValues<char> HeaderNameCharacters =
        SearchValues.Create("-ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");

    private readonly WatchedFile<ApiKeys>? _keys;
    private readonly string _header;
    private readonly JwtBearer? _jwt;
    private readonly string _challenge;

    private RequestAuthentication(WatchedFile<ApiKeys>? keys, string header, JwtBearer? jwt)
    {
        (_keys, _header, _jwt) = (keys, header, jwt);
        _challenge = jwt is not null ? "Bearer" : $"ApiKey header=\"{header}\"";
    }

    public static RequestAuthentication? FromMetadata(RouteMetadata metadata, MetadataFiles files, TimeProvider time)
    {
        WatchedFile<ApiKeys>? keys = null;
        var header = "X-Api-Key";
        if (metadata.ContainsGroup("ApiKey."))
        {
            _ = metadata.GetRequiredText("ApiKey.File", "Set it to the file with the keys.");
            keys = files.OpenFile("ApiKey.File", ApiKeys.ParseFile);
            header = metadata.GetText("ApiKey.Header") ?? header;
            if (header.AsSpan().ContainsAnyExcept(HeaderNameCharacters))
            {
                metadata.AddError("ApiKey.Header", "is not a header name. Use letters, digits and hyphens.");
            }
        }

        var jwt = JwtBearer.FromMetadata(metadata, files, time);
        return keys is null && jwt is null ? null : new RequestAuthentication(keys, header, jwt);
    }

    public async ValueTask<AuthenticationResult> AuthenticateRequestAsync(HttpRequest request)
    {
        if (_keys is not null && request.Headers[_header] is { Count: > 0 } sent)
        {
            // The application does not need the key, so the key is not forwarded.
            request.Headers.Remove(_header);
            return sent.Count == 1 && _keys.Current.FindName(sent[0] ?? "") is { } name
                ? new AuthenticationResult(name, "", "")
                : new AuthenticationResult(null, "The API key is unknown.", _challenge);
        }

        if (_jwt is null)
        {
            return new AuthenticationResult(null, $"Send an API key in {_header}.", _challenge);
        }

        var authorization = request.Headers.Authorization;
        if (authorization.Count != 1 || authorization[0] is not { } value || !value.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return new AuthenticationResult(null, "Send a token as Authorization: Bearer.", _challenge);
        }

        var (identity, reason) = await _jwt.ValidateTokenAsync(value[Scheme.Length..].Trim());
        return identity is not null
            ? new AuthenticationResult(identity, "", "")
            // RFC 6750, section 3.1.
            : new AuthenticationResult(
                null, $"The token is rejected: {reason}.", $"Bearer error=\"invalid_token\", error_description=\"{reason}\"");
    }
}
