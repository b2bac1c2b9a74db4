using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Agent.Requests;

namespace Agent.Remote;

/// <summary>Reads the responses of the chat API, up to a size limit.</summary>
internal static class ChatResponseReader
{
    private const int MaxResponseBytes = 1024 * 1024;

    /// <summary>Reads a complete response.</summary>
    /// <returns>The output, and the log probability of its first token if the API provides it.</returns>
    /// <exception cref="FailedRequestException">The response is incomplete or is not a chat completion.</exception>
    public static async Task<(string Content, double? LogProbability)> ReadCompletionAsync(
        HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            await response.Content.LoadIntoBufferAsync(MaxResponseBytes, cancellationToken);
            using var json = await JsonDocument.ParseAsync(
                await response.Content.ReadAsStreamAsync(cancellationToken), cancellationToken: cancellationToken);
            var choice = json.RootElement.GetProperty("choices")[0];
            var content = choice.GetProperty("message").GetProperty("content").GetString() ?? "";
            return (content, FindLogProbability(choice));
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException)
        {
            throw CreateIncompleteException(exception);
        }
        catch (Exception exception)
            when (exception is JsonException or InvalidOperationException or KeyNotFoundException or IndexOutOfRangeException)
        {
            throw CreateMalformedException(exception);
        }
    }

    /// <summary>Reads a stream of server-sent events, token by token.</summary>
    /// <exception cref="FailedRequestException">The stream ended without its end mark, or is not a chat completion.</exception>
    public static async IAsyncEnumerable<string> ReadTokensAsync(
        HttpResponseMessage response, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var lines = new StreamReader(
            new BoundedStream(await response.Content.ReadAsStreamAsync(cancellationToken), MaxResponseBytes), Encoding.UTF8);
        while (true)
        {
            var line = await TryReadLineAsync(lines, cancellationToken) ?? throw CreateIncompleteException(cause: null);
            if (!line.StartsWith("data:", StringComparison.Ordinal))
            {
                continue;
            }

            var data = line["data:".Length..].Trim();
            if (data == "[DONE]")
            {
                yield break;
            }

            if (ParseDelta(data) is { Length: > 0 } token)
            {
                yield return token;
            }
        }
    }

    /// <returns>Null at the end of the stream, or if the connection was lost.</returns>
    private static async Task<string?> TryReadLineAsync(StreamReader lines, CancellationToken cancellationToken)
    {
        try
        {
            return await lines.ReadLineAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException)
        {
            return null;
        }
    }

    private static string? ParseDelta(string data)
    {
        try
        {
            using var json = JsonDocument.Parse(data);
            var choices = json.RootElement.GetProperty("choices");
            return choices.GetArrayLength() > 0
                && choices[0].GetProperty("delta").TryGetProperty("content", out var content) ? content.GetString() : null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw CreateMalformedException(exception);
        }
    }

    private static double? FindLogProbability(JsonElement choice) =>
        choice.TryGetProperty("logprobs", out var probabilities)
        && probabilities.ValueKind == JsonValueKind.Object
        && probabilities.TryGetProperty("content", out var tokens)
        && tokens.ValueKind == JsonValueKind.Array
        && tokens.GetArrayLength() > 0
        && tokens[0].TryGetProperty("logprob", out var value)
        && value.TryGetDouble(out var log) ? log : null;

    private static FailedRequestException CreateIncompleteException(Exception? cause) =>
        new(StatusCodes.Status502BadGateway, "The model's server closed the connection before the end of its response", cause);

    private static FailedRequestException CreateMalformedException(Exception cause) =>
        new(StatusCodes.Status502BadGateway, "The response of the model's server is not a chat completion", cause);
}
