using TlsProxy.Files;
using TlsProxy.Policies;

namespace TlsProxy.Authentication;

/// <summary>Asks each request of a route for an API key or a token; with both configured, either will do.</summary>
internal sealed class RequestAuthentication
{
    private const string Scheme = "Bearer ";

    private readonly WatchedFile<ApiKeys>? _keys;
    private readonly string _header;
    private readonly JwtBearer? _jwt;
    private readonly string _challenge;

    private RequestAuthentication(WatchedFile<ApiKeys>? keys, string header, JwtBearer? jwt)
    {
        (_keys, _header, _jwt) = (keys, header, jwt);
        _challenge = jwt is not null ? "Bearer" : $"ApiKey header=\"{header}\"";
    }

    public static RequestAuthentication? Read(MetadataReader reader, FileWatch files, TimeProvider time)
    {
        WatchedFile<ApiKeys>? keys = null;
        var header = "X-Api-Key";
        if (reader.HasAny("ApiKey."))
        {
            _ = reader.Required("ApiKey.File", "Name the file with the keys.");
            keys = files.Open("ApiKey.File", ApiKeys.Parse);
            header = reader.Text("ApiKey.Header") ?? header;
            if (header.AsSpan().ContainsAnyExcept(System.Buffers.SearchValues.Create("-ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")))
            {
                reader.Refuse("ApiKey.Header", "is no name of a header. Use letters, digits and hyphens.");
            }
        }

        var jwt = JwtBearer.Read(reader, files, time);
        return keys is null && jwt is null ? null : new RequestAuthentication(keys, header, jwt);
    }

    public async ValueTask<Verdict> AuthenticateAsync(HttpRequest request)
    {
        if (_keys is not null && request.Headers[_header] is { Count: > 0 } sent)
        {
            // The application need not know it, and it is nobody's business further on.
            request.Headers.Remove(_header);
            return sent.Count == 1 && _keys.Current.NameOf(sent[0] ?? "") is { } name
                ? new Verdict(name, "", "")
                : new Verdict(null, "The API key is not known.", _challenge);
        }

        if (_jwt is null)
        {
            return new Verdict(null, $"Send an API key in {_header}.", _challenge);
        }

        var authorization = request.Headers.Authorization;
        if (authorization.Count != 1 || authorization[0] is not { } value || !value.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return new Verdict(null, "Send a token as Authorization: Bearer.", _challenge);
        }

        var (identity, refused) = await _jwt.ValidateAsync(value[Scheme.Length..].Trim());
        return identity is not null
            ? new Verdict(identity, "", "")
            // RFC 6750, section 3.1.
            : new Verdict(null, $"The token is not accepted: {refused}.", $"Bearer error=\"invalid_token\", error_description=\"{refused}\"");
    }
}
