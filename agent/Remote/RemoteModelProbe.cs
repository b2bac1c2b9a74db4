using System.Net;
using System.Text.Json;
using Agent.Models;

namespace Agent.Remote;

/// <summary>
/// Lists the chat API's models (<c>GET /models</c>) for the <c>check</c> verb: free of charge, and it distinguishes a wrong
/// address, a rejected key and an unknown model.
/// </summary>
internal static class RemoteModelProbe
{
    private const int MaxListedModels = 10;

    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(10);

    public static async Task<Finding> ProbeModelAsync(ModelOptions options, string subject, CancellationToken cancellationToken)
    {
        var address = new Uri(options.Endpoint!.ToString().TrimEnd('/') + "/models");
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        try
        {
            request.Headers.Authorization = await ApiKeyFile.ReadHeaderAsync(options.ApiKeyFile, cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or FormatException)
        {
            return Finding.Failure(
                subject, $"Model:ApiKeyFile: {exception.Message.TrimEnd('.')}.",
                "Mount the Secret there, readable for this user, with only the key in it.");
        }

        using var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { Timeout = ProbeTimeout };
        try
        {
            using var response = await client.SendAsync(request, cancellationToken);
            return response.StatusCode switch
            {
                HttpStatusCode.OK => CheckModelName(await ReadModelNamesAsync(response, cancellationToken), options.Name, subject, address),
                HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => Finding.Failure(
                    subject, $"{address} responded with status {(int)response.StatusCode}: the key was rejected.",
                    "Correct the key in Model:ApiKeyFile."),
                _ => Finding.Warning(
                    subject,
                    $"{address} responded with status {(int)response.StatusCode}, so it is unknown whether '{options.Name}' exists.",
                    "Not every server lists its models; send an inference request to find out."),
            };
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            return Finding.Failure(
                subject, $"Model:Endpoint {options.Endpoint} cannot be reached: {exception.GetBaseException().Message.TrimEnd('.')}.",
                "Check that the server runs, the address includes port and path (such as /v1), and no network policy blocks it.");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Finding.Failure(
                subject, $"Model:Endpoint {options.Endpoint} did not respond within {ProbeTimeout.TotalSeconds:0} s.",
                "Check whether the server is overloaded or still loading its model.");
        }
    }

    private static Finding CheckModelName(List<string>? names, string expected, string subject, Uri address) => names switch
    {
        null => Finding.Warning(
            subject, $"{address} did not respond with a list of models, so it is unknown whether '{expected}' exists.",
            "Check that Model:Endpoint is the API's base address, such as http://ollama:11434/v1."),
        _ when names.Contains(expected) => Finding.Ok(subject, $"{address} responded and has '{expected}'."),
        _ => Finding.Failure(
            subject,
            $"{address} responded but has no '{expected}'; it has {FormatNames(names)}.",
            "Correct Model:Name, or load the model on the server."),
    };

    private static string FormatNames(List<string> names) => names.Count == 0 ? "none" : string.Join(", ", names.Take(MaxListedModels));

    /// <returns>Null if the response is not a list of models.</returns>
    private static async Task<List<string>?> ReadModelNamesAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            using var json = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(cancellationToken));
            return [.. json.RootElement.GetProperty("data").EnumerateArray().Select(model => model.GetProperty("id").GetString() ?? "")];
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return null;
        }
    }
}
