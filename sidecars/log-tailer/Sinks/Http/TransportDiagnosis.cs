using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;

namespace LogTailer.Sinks.Http;

/// <summary>What went wrong on the way to a log store, in words that name the remedy.</summary>
internal static class TransportDiagnosis
{
    /// <summary>What an exception means.</summary>
    /// <returns>What is so, what to do, and a bounded label.</returns>
    public static (string What, string Remedy, string Label) Of(Exception exception, Uri url, TimeSpan timeout)
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case AuthenticationException:
                    return ($"The certificate of {Server(url)} is not trusted, or TLS cannot be agreed on: {cause.Message}", "Give the authority that issued it in Sink:CaFile, use the name that it was issued for in Sink:Url, and see whether it has expired. If the server wants a client certificate, set Sink:ClientCertificateFile and Sink:ClientKeyFile.", "tls");
                case CryptographicException:
                    return ($"A certificate or key file cannot be used: {cause.Message}", "See Sink:CaFile, Sink:ClientCertificateFile and Sink:ClientKeyFile: PEM, and the key that belongs to the certificate.", "tls");
                case SocketException { SocketErrorCode: SocketError.ConnectionRefused }:
                    return ($"Nothing listens at {Server(url)} (connection refused).", "See that the store is running and that Sink:Url names its port.", "connect");
                case SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData }:
                    return ($"The name {url.Host} is not known.", "Correct the host in Sink:Url (in a cluster service.namespace), and see that DNS works in this Pod.", "dns");
                case SocketException { SocketErrorCode: SocketError.NetworkUnreachable or SocketError.HostUnreachable or SocketError.TimedOut }:
                    return ($"{Server(url)} cannot be reached.", "See the network policies of the Pod, and whether the store is up.", "connect");
                case FileNotFoundException or DirectoryNotFoundException:
                    return ($"A file of the sink is missing: {cause.Message}", "Mount the Secret, and correct Sink:TokenFile or the certificate files.", "file");
                case UnauthorizedAccessException:
                    return ($"A file of the sink must not be read: {cause.Message}", "Give the Secret's volume a defaultMode that this user can read.", "file");
                case FormatException:
                    return ($"The headers of a request cannot be made: {cause.Message}", "Put the token into Sink:TokenFile as one line, with nothing before or behind it.", "file");
                case OperationCanceledException or TimeoutException:
                    return ($"{Server(url)} did not answer within {timeout.TotalSeconds} s.", "See the store's load and the network; Sink:Timeout sets how long to wait.", "timeout");
            }
        }

        return ($"The connection to {Server(url)} failed: {exception.Message}", "It is tried again. See the store's log and the network.", "transport");
    }

    /// <summary>What a status means that is no success.</summary>
    public static (string What, string Remedy) Of(int status, string? location, string answer, Uri url)
    {
        var said = answer.Length == 0 ? "" : $" It says: {answer}";

        return status switch
        {
            >= 300 and < 400 => ($"{url} redirects to {location ?? "somewhere else"} ({status}).", "Set Sink:Url to where it redirects to."),
            401 => ($"{url} does not know our credentials (401).{said}", "Correct the token in Sink:TokenFile (it is read again at each attempt), and for Loki with tenants set Sink:Tenant."),
            403 => ($"{url} knows us but does not let us write (403).{said}", "Give these credentials the right to write there, or see Sink:Tenant and Sink:Index."),
            404 => ($"There is nothing at {url} (404).{said}", "Correct the path in Sink:Url, or Sink:Index."),
            405 => ($"{url} takes no POST (405).{said}", "Correct the path in Sink:Url: this is not the address that takes logs."),
            413 => ($"{url} finds the batch too large (413).{said}", "Set Sink:BatchBytes lower than the store's limit."),
            429 => ($"{url} asks us to slow down (429).{said}", "Raise the store's rate limit for this tenant, or ship less (Filter:Drop)."),
            >= 500 => ($"{url} has trouble of its own ({status}).{said}", "It is tried again. See the store's log."),
            _ => ($"{url} answers {status}.{said}", "See the store's documentation for this status, and its log."),
        };
    }

    private static string Server(Uri url) => url.GetLeftPart(UriPartial.Authority);
}
