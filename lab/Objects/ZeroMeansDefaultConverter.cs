using System.Text.Json;
using System.Text.Json.Serialization;

namespace Lab.Objects;

/// <summary>The API takes a 0 for "not said" where a 0 makes no sense.</summary>
internal abstract class ZeroMeansDefaultConverter(int standard) : JsonConverter<int>
{
    public override int Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetInt32() is var value && value == 0 ? standard : value;

    public override void Write(Utf8JsonWriter writer, int value, JsonSerializerOptions options) =>
        writer.WriteNumberValue(value);
}
