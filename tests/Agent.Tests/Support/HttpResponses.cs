using System.Net;
using System.Text.Json.Nodes;

namespace Agent.Tests.Support;

internal static class HttpResponses
{
    /// <summary>Asserts the status and the content type, and parses the body.</summary>
    public static async Task<JsonNode> ReadJsonAsync(this Task<HttpResponseMessage> pending, HttpStatusCode expected)
    {
        using var response = await pending;
        return await response.ReadJsonAsync(expected);
    }

    /// <inheritdoc cref="ReadJsonAsync(Task{HttpResponseMessage}, HttpStatusCode)"/>
    public static async Task<JsonNode> ReadJsonAsync(this HttpResponseMessage response, HttpStatusCode expected)
    {
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == expected, $"{(int)response.StatusCode} {body}");
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        return JsonNode.Parse(body)!;
    }
}
