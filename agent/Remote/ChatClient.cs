using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Agent.Models;
using Agent.Requests;

namespace Agent.Remote;

/// <summary>
/// Talks to the chat API: a bounded time an attempt, attempts anew for what may pass (no connection, 408, 429, 5xx) as long
/// as the retry budget lasts, and bounded answers.
/// </summary>
internal sealed class ChatClient(ModelOptions options, TimeProvider time)
{
    private const int MaxAnswerBytes = 1024 * 1024;
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    /// <summary>One for all models that a reload brings and takes away: those under way go on, and idle connections end by themselves.</summary>
    private static readonly HttpClient Http = new(new SocketsHttpHandler
    {
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        ConnectTimeout = TimeSpan.FromSeconds(5),
        AllowAutoRedirect = false,
    })
    {
        // Time is bounded by attempt and by request.
        Timeout = Timeout.InfiniteTimeSpan,
    };

    private readonly RetryBudget _budget = new();
    private readonly Uri _address = new(options.Endpoint!.ToString().TrimEnd('/') + "/chat/completions");

    /// <returns>An answer with a good status, of which only the head has been read.</returns>
    /// <exception cref="FailedRequestException">There was none: 502 or 504.</exception>
    public async Task<HttpResponseMessage> SendAsync(ChatRequest question, CancellationToken cancellationToken)
    {
        _budget.Earn();
        for (var attempt = 1; ; attempt++)
        {
            var (response, failure, mayPass) = await TryOnceAsync(question, cancellationToken);
            if (failure is null)
            {
                return response!;
            }

            var pause = PauseAfter(response, attempt);
            response?.Dispose();
            if (!mayPass || attempt >= options.MaxAttempts || !_budget.TrySpend())
            {
                throw failure;
            }

            await Task.Delay(pause, time, cancellationToken);
        }
    }

    /// <summary>The answer's text, and the log probability of its first token where the API says it.</summary>
    /// <exception cref="FailedRequestException">The answer is broken off or not what the API promises.</exception>
    public static async Task<(string Content, double? LogProbability)> ReadAsync(
        HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            await response.Content.LoadIntoBufferAsync(MaxAnswerBytes, cancellationToken);
            using var json = await JsonDocument.ParseAsync(
                await response.Content.ReadAsStreamAsync(cancellationToken), cancellationToken: cancellationToken);
            var choice = json.RootElement.GetProperty("choices")[0];
            var content = choice.GetProperty("message").GetProperty("content").GetString() ?? "";
            return (content, LogProbabilityOf(choice));
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            throw new FailedRequestException(StatusCodes.Status502BadGateway, "The model's server broke off its answer", e);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or IndexOutOfRangeException)
        {
            throw new FailedRequestException(StatusCodes.Status502BadGateway, "The model's server gave an answer that is no chat completion", e);
        }
    }

    /// <summary>The answer piece by piece.</summary>
    /// <exception cref="FailedRequestException">The stream ended without its end mark, or is none.</exception>
    public static async IAsyncEnumerable<string> ReadStreamAsync(
        HttpResponseMessage response, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var lines = new StreamReader(
            new BoundedStream(await response.Content.ReadAsStreamAsync(cancellationToken), MaxAnswerBytes), Encoding.UTF8);
        while (true)
        {
            var line = await ReadLineAsync(lines, cancellationToken)
                ?? throw new FailedRequestException(StatusCodes.Status502BadGateway, "The model's server broke off its answer");
            if (!line.StartsWith("data:", StringComparison.Ordinal))
            {
                continue;
            }

            var data = line["data:".Length..].Trim();
            if (data == "[DONE]")
            {
                yield break;
            }

            if (DeltaOf(data) is { Length: > 0 } token)
            {
                yield return token;
            }
        }
    }

    private async Task<(HttpResponseMessage? Response, FailedRequestException? Failure, bool MayPass)> TryOnceAsync(
        ChatRequest question, CancellationToken cancellationToken)
    {
        using var attempt = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        attempt.CancelAfter(TimeSpan.FromSeconds(options.AttemptTimeoutSeconds));
        try
        {
            using var request = await RequestAsync(question, cancellationToken);
            var response = await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, attempt.Token);
            if (response.IsSuccessStatusCode)
            {
                return (response, null, false);
            }

            var failure = new FailedRequestException(
                StatusCodes.Status502BadGateway, $"The model's server answered {(int)response.StatusCode}");
            return (response, failure, MayPass(response.StatusCode));
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            var detail = string.Create(
                CultureInfo.InvariantCulture, $"The model's server did not answer within {options.AttemptTimeoutSeconds} s");
            return (null, new FailedRequestException(StatusCodes.Status504GatewayTimeout, detail, e), true);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or UnauthorizedAccessException)
        {
            var key = e is IOException or UnauthorizedAccessException;
            var detail = key ? "The key for the model's server cannot be read" : "The model's server cannot be reached";
            return (null, new FailedRequestException(StatusCodes.Status502BadGateway, detail, e), !key);
        }
    }

    private async Task<HttpRequestMessage> RequestAsync(ChatRequest question, CancellationToken cancellationToken)
    {
        var key = options.ApiKeyFile.Length > 0
            ? (await File.ReadAllTextAsync(options.ApiKeyFile, cancellationToken)).Trim()
            : "";
        var request = new HttpRequestMessage(HttpMethod.Post, _address) { Content = new ByteArrayContent(question.ToBytes()) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        if (key.Length > 0)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        }

        return request;
    }

    /// <summary>What the server asks for, or twice as long each time; a little at random, so that clients do not come back in step.</summary>
    private static TimeSpan PauseAfter(HttpResponseMessage? response, int attempt)
    {
        var pause = response?.Headers.RetryAfter?.Delta
            ?? TimeSpan.FromMilliseconds(100 * Math.Pow(2, attempt - 1) * (0.5 + Random.Shared.NextDouble()));
        return pause > LongestPause ? LongestPause : pause;
    }

    private static bool MayPass(HttpStatusCode status) =>
        status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests || (int)status >= 500;

    private static async Task<string?> ReadLineAsync(StreamReader lines, CancellationToken cancellationToken)
    {
        try
        {
            return await lines.ReadLineAsync(cancellationToken);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            return null;
        }
    }

    private static string? DeltaOf(string data)
    {
        try
        {
            using var json = JsonDocument.Parse(data);
            var choices = json.RootElement.GetProperty("choices");
            return choices.GetArrayLength() > 0
                && choices[0].GetProperty("delta").TryGetProperty("content", out var content) ? content.GetString() : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new FailedRequestException(StatusCodes.Status502BadGateway, "The model's server gave an answer that is no chat completion", e);
        }
    }

    private static double? LogProbabilityOf(JsonElement choice) =>
        choice.TryGetProperty("logprobs", out var probabilities)
        && probabilities.ValueKind == JsonValueKind.Object
        && probabilities.TryGetProperty("content", out var tokens)
        && tokens.ValueKind == JsonValueKind.Array
        && tokens.GetArrayLength() > 0
        && tokens[0].TryGetProperty("logprob", out var value)
        && value.TryGetDouble(out var log) ? log : null;
}
