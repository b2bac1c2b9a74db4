using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Agent.Models;

namespace Agent.Remote;

/// <summary>Asks the chat API which models it has (<c>GET /models</c>): that costs nothing, and tells address, key and name apart.</summary>
internal static class RemoteProbe
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static async Task<Finding> LookAsync(ModelOptions options, string subject, CancellationToken cancellationToken)
    {
        var address = new Uri(options.Endpoint!.ToString().TrimEnd('/') + "/models");
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        if (options.ApiKeyFile.Length > 0)
        {
            try
            {
                var key = (await File.ReadAllTextAsync(options.ApiKeyFile, cancellationToken)).Trim();
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
            {
                return Finding.Failure(subject, $"Model:ApiKeyFile: {e.Message.TrimEnd('.')}.", "Mount the Secret there, readable for this user, with the key alone in it.");
            }
        }

        using var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { Timeout = Patience };
        try
        {
            using var response = await client.SendAsync(request, cancellationToken);
            return response.StatusCode switch
            {
                HttpStatusCode.OK => Judge(await NamesAsync(response, cancellationToken), options.Name, subject, address),
                HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => Finding.Failure(
                    subject, $"{address} answered {(int)response.StatusCode}: it does not take the key.", "Correct what is in Model:ApiKeyFile."),
                _ => Finding.Warning(
                    subject, $"{address} answered {(int)response.StatusCode}, so whether it has '{options.Name}' is not known.",
                    "Not every server lists its models; send a request to see."),
            };
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return Finding.Failure(
                subject, $"Model:Endpoint {options.Endpoint} cannot be reached: {e.GetBaseException().Message.TrimEnd('.')}.",
                "See that the server runs, that the address has its port and path (such as /v1), and that no network policy stands between.");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Finding.Failure(
                subject, $"Model:Endpoint {options.Endpoint} gave no answer within {Patience.TotalSeconds:0} s.", "See whether the server is overloaded, or still loading its model.");
        }
    }

    private static Finding Judge(List<string>? names, string wanted, string subject, Uri address) => names switch
    {
        null => Finding.Warning(
            subject, $"{address} answers, but not with a list of models, so whether it has '{wanted}' is not known.", "See that Model:Endpoint is the API's base address, such as http://ollama:11434/v1."),
        _ when names.Contains(wanted) => Finding.Ok(subject, $"{address} answers and has '{wanted}'."),
        _ => Finding.Failure(
            subject, $"{address} answers, but has no '{wanted}'; it has {(names.Count == 0 ? "none" : string.Join(", ", names.Take(10)))}.", "Correct Model:Name, or load the model there."),
    };

    private static async Task<List<string>?> NamesAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            using var json = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(cancellationToken));
            return [.. json.RootElement.GetProperty("data").EnumerateArray().Select(model => model.GetProperty("id").GetString() ?? "")];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return null;
        }
    }
}
