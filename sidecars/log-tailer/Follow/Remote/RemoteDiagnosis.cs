using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;

namespace LogTailer.Follow.Remote;

/// <summary>Why a log does not come over HTTP, in words that name the remedy.</summary>
internal static class RemoteDiagnosis
{
    /// <summary>The area of the problem.</summary>
    public const string Area = "log url";

    /// <summary>Whether it is about the way to the log, and so worth another attempt.</summary>
    public static bool IsOfTransport(Exception exception) => exception is HttpRequestException or IOException or TimeoutException;

    /// <summary>What is so, and what to do.</summary>
    public static (string What, string Remedy) Of(Exception exception, Uri url)
    {
        var server = url.GetLeftPart(UriPartial.Authority);

        if (exception is HttpRequestException { StatusCode: { } status })
        {
            return status switch
            {
                HttpStatusCode.NotFound => ($"There is no log at {url} (404).", "Correct the path in Tail:Url (the agent's is /logs on its management port), and see that the agent has a LOG_FILE: without one it keeps no log."),
                HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => ($"{url} does not let us read ({(int)status}).", "Name the agent's management port itself in Tail:Url, past whatever asks for credentials."),
                >= HttpStatusCode.MultipleChoices and < HttpStatusCode.BadRequest => ($"{url} redirects ({(int)status}).", "Set Tail:Url to where it redirects to."),
                >= HttpStatusCode.InternalServerError => ($"{url} has trouble of its own ({(int)status}).", "It is tried again. See the agent's diagnostics."),
                _ => ($"{url} answers {(int)status}.", "See that Tail:Url names the agent's /logs, and what the agent's diagnostics say."),
            };
        }

        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case SocketException { SocketErrorCode: SocketError.ConnectionRefused }:
                    return ($"Nothing listens at {server} (connection refused).", "See that the agent is running, and that Tail:Url names its management port (8001).");
                case SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData }:
                    return ($"The name {url.Host} is not known.", "In the same Pod the agent is localhost; else correct the host in Tail:Url and see that DNS works.");
                case SocketException { SocketErrorCode: SocketError.NetworkUnreachable or SocketError.HostUnreachable or SocketError.TimedOut }:
                    return ($"{server} cannot be reached.", "See the network policies of the Pod, and whether the agent is up.");
                case AuthenticationException:
                    return ($"The certificate of {server} is not trusted, or TLS cannot be agreed on: {cause.Message}", "The agent's management port speaks plain HTTP: write http:// in Tail:Url.");
                case TimeoutException:
                    return ($"{server} did not answer within {RemoteLog.Patience.TotalSeconds} s.", "See the agent's load, and whether it hangs.");
            }
        }

        return ($"The connection to {server} failed: {exception.Message}", "It is tried again. See that Tail:Url names an HTTP server, and the agent's diagnostics.");
    }
}
