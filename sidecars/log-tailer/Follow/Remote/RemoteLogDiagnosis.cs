using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;

namespace LogTailer.Follow.Remote;

/// <summary>Explains why a log cannot be read over HTTP, and what to do about it.</summary>
internal static class RemoteLogDiagnosis
{
    /// <summary>The problem area.</summary>
    public const string ProblemArea = "log url";

    /// <summary>Whether the request failed in a way that a retry may fix.</summary>
    public static bool IsTransportError(Exception exception) => exception is HttpRequestException or IOException or TimeoutException;

    /// <summary>The cause and the remedy.</summary>
    public static (string What, string Remedy) ExplainFailure(Exception exception, Uri url)
    {
        if (exception is HttpRequestException { StatusCode: { } status })
        {
            return ExplainStatus(status, url);
        }

        var server = url.GetLeftPart(UriPartial.Authority);

        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case SocketException { SocketErrorCode: SocketError.ConnectionRefused }:
                    return (
                        $"No process is listening on {server} (connection refused).",
                        "Check that the agent is running and that Tail:Url names its management port (8001).");
                case SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData }:
                    return (
                        $"The host name {url.Host} cannot be resolved.",
                        "In the same Pod the agent's host name is localhost. Otherwise correct the host in Tail:Url and check DNS.");
                case SocketException
                {
                    SocketErrorCode: SocketError.NetworkUnreachable or SocketError.HostUnreachable or SocketError.TimedOut
                }:
                    return ($"{server} is unreachable.", "Check the network policies of the Pod and whether the agent is running.");
                case AuthenticationException:
                    return (
                        $"The certificate of {server} is not trusted, or the TLS handshake failed: {cause.Message}",
                        "The agent's management port serves plain HTTP: use http:// in Tail:Url.");
                case TimeoutException:
                    return (
                        $"{server} did not respond within {RemoteLogClient.ResponseTimeout.TotalSeconds} s.",
                        "Check the load of the agent and whether it is hanging.");
            }
        }

        return (
            $"The connection to {server} failed: {exception.Message}",
            "Retrying. Check that Tail:Url names an HTTP server, and check the agent's diagnostics.");
    }

    private static (string What, string Remedy) ExplainStatus(HttpStatusCode status, Uri url) => status switch
    {
        HttpStatusCode.NotFound => (
            $"There is no log at {url} (404).",
            "Correct the path in Tail:Url (the agent serves /logs on its management port), and check that LOG_FILE is set for the agent: "
            + "without it the agent keeps no log."),
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => (
            $"{url} denied access ({(int)status}).",
            "Set Tail:Url to the agent's management port directly, not to a proxy that requires credentials."),
        >= HttpStatusCode.MultipleChoices and < HttpStatusCode.BadRequest => (
            $"{url} redirects ({(int)status}).",
            "Set Tail:Url to the target of the redirect."),
        >= HttpStatusCode.InternalServerError => (
            $"{url} returned a server error ({(int)status}).",
            "Retrying. Check the agent's diagnostics."),
        _ => ($"{url} returned {(int)status}.", "Check that Tail:Url names the agent's /logs, and check the agent's diagnostics."),
    };
}
