using System.Net;
using System.Text.Json.Nodes;
using Agent.Tests.Inference;
using Agent.Tests.Support;

namespace Agent.Tests;

public sealed class OpenInferenceTests(InferenceTests.SharedAgent shared) : IClassFixture<InferenceTests.SharedAgent>
{
    private const string Infer = "/v2/models/sentiment-linear-1/infer";

    private RunningAgent Agent => shared.Agent;

    [Theory]
    [InlineData("/v2", """{"name":"agent","version":"1.0.0","extensions":[]}""")]
    [InlineData("/v2/health/live", """{"live":true}""")]
    [InlineData("/v2/health/ready", """{"ready":true}""")]
    [InlineData("/v2/models/sentiment-linear-1/ready", """{"name":"sentiment-linear-1","ready":true}""")]
    [InlineData("/v2/models/sentiment-linear-1", """{"name":"sentiment-linear-1","versions":["1"],"platform":"agent","inputs":[{"name":"text","datatype":"BYTES","shape":[-1]}],"outputs":[{"name":"label","datatype":"BYTES","shape":[-1]},{"name":"score","datatype":"FP64","shape":[-1]}]}""")]
    public async Task Server_and_model_describe_themselves(string path, string expected)
    {
        var answer = await Agent.Http.GetAsync(new Uri(path, UriKind.Relative)).JsonAsync(HttpStatusCode.OK);

        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), answer), answer.ToJsonString());
    }

    [Fact]
    public async Task A_tensor_of_texts_is_answered_with_tensors_of_its_shape()
    {
        var answer = await Agent.PostAsync(
            Infer,
            """{"id":"mine","inputs":[{"name":"text","shape":[2,1],"datatype":"BYTES","data":[["what a lovely day"],["this is terrible"]]}]}""")
            .JsonAsync(HttpStatusCode.OK);

        Assert.Equal("mine", (string?)answer["id"]);
        Assert.Equal("sentiment-linear-1", (string?)answer["model_name"]);
        var outputs = answer["outputs"]!.AsArray();
        Assert.Equal(["label", "score"], outputs.Select(o => (string)o!["name"]!));
        Assert.Equal(["positive", "negative"], outputs[0]!["data"]!.AsArray().Select(d => (string)d!));
        Assert.All(outputs, o => Assert.Equal("[2,1]", o!["shape"]!.ToJsonString()));
        Assert.All(outputs[1]!["data"]!.AsArray(), score => Assert.InRange((double)score!, 1.0 / 3, 1));
    }

    [Fact]
    public async Task Only_the_outputs_asked_for_are_given()
    {
        var answer = await Agent.PostAsync(
            Infer, """{"inputs":[{"name":"text","shape":[1],"datatype":"BYTES","data":["fine"]}],"outputs":[{"name":"score"}]}""")
            .JsonAsync(HttpStatusCode.OK);

        Assert.Equal("score", (string?)Assert.Single(answer["outputs"]!.AsArray())!["name"]);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("""{"inputs":[]}""")]
    [InlineData("""{"inputs":[{"name":"text","shape":[1],"datatype":"BYTES","data":[1]}]}""")]
    [InlineData("""{"inputs":[{"name":"text","shape":[2],"datatype":"BYTES","data":["one"]}]}""")]
    [InlineData("""{"inputs":[{"name":"text","shape":[-1,-1],"datatype":"BYTES","data":["one"]}]}""")]
    [InlineData("""{"inputs":[{"name":"text","shape":[1],"datatype":"FP32","data":["one"]}]}""")]
    [InlineData("""{"inputs":[{"name":"image","shape":[1],"datatype":"BYTES","data":["one"]}]}""")]
    [InlineData("""{"inputs":[{"name":"text","shape":[1],"datatype":"BYTES","data":["one"]}],"outputs":[{"name":"mood"}]}""")]
    public async Task A_request_that_does_not_fit_is_refused_in_the_protocols_shape(string body)
    {
        var answer = await Agent.PostAsync(Infer, body).JsonAsync(HttpStatusCode.BadRequest);

        Assert.Equal(["error"], answer.AsObject().Select(field => field.Key));
        Assert.NotEmpty((string)answer["error"]!);
    }

    [Fact]
    public async Task Another_model_is_not_found()
    {
        var answer = await Agent.Http.GetAsync(new Uri("/v2/models/other/ready", UriKind.Relative)).JsonAsync(HttpStatusCode.NotFound);

        Assert.Contains("sentiment-linear-1", (string)answer["error"]!, StringComparison.Ordinal);
    }
}
