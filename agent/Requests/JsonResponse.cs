using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Agent.Requests;

/// <summary>Sends a JSON body with a Content-Length, in one write.</summary>
internal static class JsonResponse
{
    public static Task WriteJsonAsync<T>(HttpContext context, T value, JsonTypeInfo<T> type) =>
        WriteBytesAsync(context, JsonSerializer.SerializeToUtf8Bytes(value, type));

    public static Task WriteJsonAsync(HttpContext context, Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            write(json);
        }

        return WriteBytesAsync(context, buffer.WrittenMemory);
    }

    private static Task WriteBytesAsync(HttpContext context, ReadOnlyMemory<byte> bytes)
    {
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = bytes.Length;
        return context.Response.Body.WriteAsync(bytes, context.RequestAborted).AsTask();
    }
}
