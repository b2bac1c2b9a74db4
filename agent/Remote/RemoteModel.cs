using System.Runtime.CompilerServices;
using System.Text;
using Agent.Models;
using Agent.Requests;

namespace Agent.Remote;

/// <summary>
/// A model behind an OpenAI-compatible chat API (https://platform.openai.com/docs/api-reference/chat). The instruction lists the
/// classes and requests one of them.
/// </summary>
/// <remarks>The client receives a remote failure as 502, or as 504 after a timeout.</remarks>
internal sealed class RemoteModel(ModelOptions options, ChatClient client) : ITextModel
{
    private const int MaxQuotedChars = 60;

    private readonly LabelMatcher _labels = new(options.Labels);

    public string Name => options.Name;

    public async ValueTask<Prediction> PredictLabelAsync(string text, CancellationToken cancellationToken)
    {
        using var response = await client.SendWithRetriesAsync(CreateRequest(text, stream: false), cancellationToken);
        var (content, logProbability) = await ChatResponseReader.ReadCompletionAsync(response, cancellationToken);
        return _labels.FindLabel(content) is { } label
            ? new Prediction(label, logProbability is { } log ? Math.Clamp(Math.Exp(log), 0, 1) : null)
            : throw CreateNoLabelException(content);
    }

    public async IAsyncEnumerable<PredictionStep> StreamPredictionsAsync(
        string text, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var response = await client.SendWithRetriesAsync(CreateRequest(text, stream: true), cancellationToken);
        var content = new StringBuilder();
        await foreach (var token in ChatResponseReader.ReadTokensAsync(response, cancellationToken))
        {
            content.Append(token);
            yield return new PredictionStep(token, _labels.FindLabel(content.ToString()) is { } label ? new Prediction(label, null) : null);
        }

        if (_labels.FindLabel(content.ToString()) is null)
        {
            throw CreateNoLabelException(content.ToString());
        }
    }

    private static FailedRequestException CreateNoLabelException(string content)
    {
        var quoted = content.Length > MaxQuotedChars ? content[..MaxQuotedChars] + "…" : content;
        return new FailedRequestException(StatusCodes.Status502BadGateway, $"The model named none of its classes, but said '{quoted}'");
    }

    private ChatRequest CreateRequest(string text, bool stream) => new(
        options.Name,
        $"Classify the user's text. Answer with one word and nothing else: {string.Join(", ", options.Labels)}.",
        text,
        stream);
}
