using System.Runtime.CompilerServices;
using System.Text;
using Agent.Models;
using Agent.Requests;

namespace Agent.Remote;

/// <summary>
/// A model behind an OpenAI-compatible chat API (https://platform.openai.com/docs/api-reference/chat): it is told the classes
/// and asked for one of them.
/// </summary>
/// <remarks>What goes wrong there is told to our client as 502, or 504 where it took too long.</remarks>
internal sealed class RemoteModel(ModelOptions options, ChatClient client) : ITextModel
{
    public string Name => options.Name;

    public async ValueTask<Prediction> PredictAsync(string text, CancellationToken cancellationToken)
    {
        using var response = await client.SendAsync(Ask(text, stream: false), cancellationToken);
        var (content, logProbability) = await ChatClient.ReadAsync(response, cancellationToken);
        return LabelIn(content) is { } label
            ? new Prediction(label, logProbability is { } log ? Math.Clamp(Math.Exp(log), 0, 1) : null)
            : throw NoClass(content);
    }

    public async IAsyncEnumerable<PredictionStep> StreamAsync(string text, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var response = await client.SendAsync(Ask(text, stream: true), cancellationToken);
        var said = new StringBuilder();
        await foreach (var token in ChatClient.ReadStreamAsync(response, cancellationToken))
        {
            said.Append(token);
            yield return new PredictionStep(token, LabelIn(said.ToString()) is { } label ? new Prediction(label, null) : null);
        }

        if (LabelIn(said.ToString()) is null)
        {
            throw NoClass(said.ToString());
        }
    }

    private static FailedRequestException NoClass(string content) => new(
        StatusCodes.Status502BadGateway,
        $"The model named none of its classes, but said '{(content.Length > 60 ? content[..60] + "…" : content)}'");

    private ChatRequest Ask(string text, bool stream) => new(
        options.Name,
        $"Classify the user's text. Answer with one word and nothing else: {string.Join(", ", options.Labels)}.",
        text,
        stream);

    /// <summary>The class that is named first; models like to add a full stop or a capital.</summary>
    private string? LabelIn(string content) => options.Labels
        .Select(label => (Label: label, At: content.IndexOf(label, StringComparison.OrdinalIgnoreCase)))
        .Where(found => found.At >= 0)
        .OrderBy(found => found.At)
        .Select(found => found.Label)
        .FirstOrDefault();
}
