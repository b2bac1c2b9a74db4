using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Agent.Tests.Support;

namespace Agent.Tests.Inference;

public sealed class BatchTests(SharedAgent shared) : IClassFixture<SharedAgent>
{
    private RunningAgent Agent => shared.Agent;

    [Fact]
    public async Task Batch_results_have_the_order_of_the_texts()
    {
        var answer = await Agent.PostAsync(
            "/inference/batch", """{"texts":["what a lovely day","this is terrible","the shop opens at nine"]}""",
            ("X-Request-Id", "batch-1"))
            .ReadJsonAsync(HttpStatusCode.OK);
        var line = await Agent.WaitForLogLineAsync("batch-1");

        Assert.Equal(["positive", "negative", "neutral"], answer["predictions"]!.AsArray().Select(p => (string)p!["prediction"]!));
        Assert.All(answer["predictions"]!.AsArray(), p => Assert.InRange((double)p!["score"]!, 1.0 / 3, 1));
        Assert.Equal("sentiment-linear-1", (string?)answer["model"]);
        Assert.Equal("batch-1", (string?)answer["request_id"]);
        Assert.Equal("inference_batch", (string?)line["event"]);
        Assert.Equal(17 + 16 + 22, (int)line["text_chars"]!);
    }

    [Theory]
    [InlineData("{}", """[["missing",["body","texts"]]]""")]
    [InlineData("""{"texts":"a"}""", """[["list_type",["body","texts"]]]""")]
    [InlineData("""{"texts":[]}""", """[["too_short",["body","texts"]]]""")]
    [InlineData(
        """{"texts":["a",1,""],"more":0}""",
        """[["string_type",["body","texts",1]],["string_too_short",["body","texts",2]],["extra_forbidden",["body","more"]]]""")]
    public async Task Every_invalid_text_of_a_batch_is_reported(string body, string errors)
    {
        var answer = await Agent.PostAsync("/inference/batch", body).ReadJsonAsync(HttpStatusCode.UnprocessableEntity);

        var found = new JsonArray(
            [.. answer["detail"]!.AsArray().Select(e => new JsonArray(e!["type"]!.DeepClone(), e["loc"]!.DeepClone()))]);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(errors), found), found.ToJsonString());
    }

    [Fact]
    public async Task Batch_with_too_many_texts_is_a_422()
    {
        var body = JsonSerializer.Serialize(new { texts = Enumerable.Repeat("a", 257) });

        var answer = await Agent.PostAsync("/inference/batch", body).ReadJsonAsync(HttpStatusCode.UnprocessableEntity);

        Assert.Equal("too_long", (string?)answer["detail"]![0]!["type"]);
        Assert.Equal(257, (int)answer["detail"]![0]!["ctx"]!["actual_length"]!);
    }
}
