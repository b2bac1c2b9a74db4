using System.Text.Json;
using System.Text.Json.Serialization;

namespace Lab.Objects;

/// <summary>The API treats 0 as "not set" for fields in which 0 makes no sense.</summary>
internal abstract class ZeroMeansDefaultConverter(int defaultValue) : JsonConverter<int>
{
    public override int Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetInt32() is var value && value == 0 ? defaultValue : value;

    public override void Write(Utf8JsonWriter writer, int value, JsonSerializerOptions options) =>
        writer.WriteNumberValue(value);
}
