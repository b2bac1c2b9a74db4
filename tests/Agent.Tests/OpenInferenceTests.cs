using System.Net;
using System.Text.Json.Nodes;
using Agent.Tests.Support;

namespace Agent.Tests;

public sealed class OpenInferenceTests(SharedAgent shared) : IClassFixture<SharedAgent>
{
    private const string Infer = "/v2/models/sentiment-linear-1/infer";

    private RunningAgent Agent => shared.Agent;

    [Theory]
    [InlineData("/v2", """{"name":"agent","version":"1.0.0","extensions":[]}""")]
    [InlineData("/v2/health/live", """{"live":true}""")]
    [InlineData("/v2/health/ready", """{"ready":true}""")]
    [InlineData("/v2/models/sentiment-linear-1/ready", """{"name":"sentiment-linear-1","ready":true}""")]
    [InlineData("/v2/models/sentiment-linear-1", """{"name":"sentiment-linear-1","versions":["1"],"platform":"agent","inputs":[{"name":"text","datatype":"BYTES","shape":[-1]}],"outputs":[{"name":"label","datatype":"BYTES","shape":[-1]},{"name":"score","datatype":"FP64","shape":[-1]}]}""")]
    public async Task Metadata_endpoints_describe_server_and_model(string path, string expected)
    {
        var answer = await Agent.Http.GetAsync(new Uri(path, UriKind.Relative)).ReadJsonAsync(HttpStatusCode.OK);

        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), answer), answer.ToJsonString());
    }

    [Fact]
    public async Task Output_tensors_have_the_shape_of_the_input_tensor()
    {
        var answer = await Agent.PostAsync(
            Infer,
            """{"id":"mine","inputs":[{"name":"text","shape":[2,1],"datatype":"BYTES","data":[["what a lovely day"],["this is terrible"]]}]}""")
            .ReadJsonAsync(HttpStatusCode.OK);

        Assert.Equal("mine", (string?)answer["id"]);
        Assert.Equal("sentiment-linear-1", (string?)answer["model_name"]);
        var outputs = answer["outputs"]!.AsArray();
        Assert.Equal(["label", "score"], outputs.Select(o => (string)o!["name"]!));
        Assert.Equal(["positive", "negative"], outputs[0]!["data"]!.AsArray().Select(d => (string)d!));
        Assert.All(outputs, o => Assert.Equal("[2,1]", o!["shape"]!.ToJsonString()));
        Assert.All(outputs[1]!["data"]!.AsArray(), score => Assert.InRange((double)score!, 1.0 / 3, 1));
    }

    [Fact]
    public async Task Response_contains_only_the_requested_outputs()
    {
        var answer = await Agent.PostAsync(
            Infer, """{"inputs":[{"name":"text","shape":[1],"datatype":"BYTES","data":["fine"]}],"outputs":[{"name":"score"}]}""")
            .ReadJsonAsync(HttpStatusCode.OK);

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
    public async Task Invalid_request_is_rejected_with_the_protocols_error_body(string body)
    {
        var answer = await Agent.PostAsync(Infer, body).ReadJsonAsync(HttpStatusCode.BadRequest);

        Assert.Equal(["error"], answer.AsObject().Select(field => field.Key));
        Assert.NotEmpty((string)answer["error"]!);
    }

    [Fact]
    public async Task Unknown_model_is_a_404_that_names_the_available_one()
    {
        var answer = await Agent.Http.GetAsync(new Uri("/v2/models/other/ready", UriKind.Relative)).ReadJsonAsync(HttpStatusCode.NotFound);

        Assert.Contains("sentiment-linear-1", (string)answer["error"]!, StringComparison.Ordinal);
    }
}
