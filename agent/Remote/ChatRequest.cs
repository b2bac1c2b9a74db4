using System.Text.Json;

namespace Agent.Remote;

/// <summary>The body of a chat completion request.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Instruction">The system message.</param>
/// <param name="Text">The user's message.</param>
/// <param name="Stream">Whether the response is a stream of events.</param>
internal sealed record ChatRequest(string Model, string Instruction, string Text, bool Stream)
{
    public byte[] SerializeToBytes()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("model", Model);
            json.WriteStartArray("messages");
            WriteMessage(json, "system", Instruction);
            WriteMessage(json, "user", Text);
            json.WriteEndArray();
            json.WriteNumber("temperature", 0);
            json.WriteNumber("max_tokens", 8);
            json.WriteBoolean("stream", Stream);
            if (!Stream)
            {
                json.WriteBoolean("logprobs", true);
            }

            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private static void WriteMessage(Utf8JsonWriter json, string role, string content)
    {
        json.WriteStartObject();
        json.WriteString("role", role);
        json.WriteString("content", content);
        json.WriteEndObject();
    }
}
