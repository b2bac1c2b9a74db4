using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;

namespace LogTailer.Sinks.Http;

/// <summary>Explains why a request to a log store failed, and what to do about it.</summary>
internal static class TransportDiagnosis
{
    /// <summary>The labels that <see cref="ExplainException"/> returns.</summary>
    public static readonly string[] Labels = ["connect", "dns", "file", "timeout", "tls", "transport"];

    /// <summary>Explains an exception.</summary>
    /// <returns>The cause, the remedy, and a metric label.</returns>
    public static (string What, string Remedy, string Label) ExplainException(Exception exception, Uri url, TimeSpan timeout)
    {
        var server = url.GetLeftPart(UriPartial.Authority);

        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case AuthenticationException:
                    return (
                        $"The certificate of {server} is not trusted, or the TLS handshake failed: {cause.Message}",
                        "Set Sink:CaFile to the issuing authority, use the host name of the certificate in Sink:Url, and check its "
                        + "expiration date. If the server requires a client certificate, set Sink:ClientCertificateFile and Sink:ClientKeyFile.",
                        "tls");
                case CryptographicException:
                    return (
                        $"A certificate or key file is invalid: {cause.Message}",
                        "Check Sink:CaFile, Sink:ClientCertificateFile and Sink:ClientKeyFile: they must be PEM files, and the key must "
                        + "match the certificate.",
                        "tls");
                case SocketException { SocketErrorCode: SocketError.ConnectionRefused }:
                    return (
                        $"No process is listening on {server} (connection refused).",
                        "Check that the store is running and that Sink:Url names its port.",
                        "connect");
                case SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData }:
                    return (
                        $"The host name {url.Host} cannot be resolved.",
                        "Correct the host in Sink:Url (in a cluster: service.namespace), and check that DNS works in this Pod.",
                        "dns");
                case SocketException
                {
                    SocketErrorCode: SocketError.NetworkUnreachable or SocketError.HostUnreachable or SocketError.TimedOut
                }:
                    return (
                        $"{server} is unreachable.",
                        "Check the network policies of the Pod and whether the store is running.",
                        "connect");
                case FileNotFoundException or DirectoryNotFoundException:
                    return (
                        $"A file of the sink is missing: {cause.Message}",
                        "Mount the Secret, and correct Sink:TokenFile or the paths of the certificate files.",
                        "file");
                case UnauthorizedAccessException:
                    return (
                        $"A file of the sink is not readable: {cause.Message}",
                        "Set defaultMode of the Secret volume so that this user can read the file.",
                        "file");
                case FormatException:
                    return (
                        $"The request headers are invalid: {cause.Message}",
                        "Write the token to Sink:TokenFile as a single line without any other text.",
                        "file");
                case OperationCanceledException or TimeoutException:
                    return (
                        $"{server} did not respond within {timeout.TotalSeconds} s.",
                        "Check the load of the store and the network. Sink:Timeout sets the timeout.",
                        "timeout");
            }
        }

        return (
            $"The connection to {server} failed: {exception.Message}",
            "Retrying. Check the log of the store and the network.",
            "transport");
    }

    /// <summary>Explains an error status.</summary>
    /// <param name="status">The status.</param>
    /// <param name="location">The target of a redirect.</param>
    /// <param name="body">The start of the response body.</param>
    /// <param name="url">The URL of the request.</param>
    public static (string What, string Remedy) ExplainStatus(int status, string? location, string body, Uri url)
    {
        var message = body.Length == 0 ? "" : $" Response: {body}";

        return status switch
        {
            >= 300 and < 400 => (
                $"{url} redirects to {location ?? "an unknown location"} ({status}).",
                "Set Sink:Url to the target of the redirect."),
            401 => (
                $"{url} does not accept the credentials (401).{message}",
                "Correct the token in Sink:TokenFile (it is reloaded before each retry). For Loki with tenants, set Sink:Tenant."),
            403 => (
                $"{url} accepts the credentials, but they have no write permission (403).{message}",
                "Grant these credentials write permission, or check Sink:Tenant and Sink:Index."),
            404 => ($"{url} does not exist (404).{message}", "Correct the path in Sink:Url, or Sink:Index."),
            405 => (
                $"{url} does not accept POST (405).{message}",
                "Correct the path in Sink:Url: it is not the address that receives logs."),
            413 => ($"The batch is too large for {url} (413).{message}", "Set Sink:BatchBytes below the limit of the store."),
            429 => (
                $"{url} limits the request rate (429).{message}",
                "Raise the rate limit of the store for this tenant, or ship fewer lines (Filter:Drop)."),
            >= 500 => ($"{url} returned a server error ({status}).{message}", "Retrying. Check the log of the store."),
            _ => ($"{url} returned {status}.{message}", "Check the documentation of the store for this status, and its log."),
        };
    }
}
