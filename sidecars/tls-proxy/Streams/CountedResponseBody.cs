using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;

namespace TlsProxy.Streams;

/// <summary>
/// Counts the bytes of a response body. Only the stream is wrapped: starting and completing the response stay with the server, which
/// then ends a response without a body by its headers, as gRPC requires (replacing <see cref="HttpResponse.Body"/> would flush the
/// headers separately).
/// </summary>
/// <param name="inner">The feature of the server.</param>
/// <param name="stream">Counts what is written to the stream of <paramref name="inner"/>.</param>
internal sealed class CountedResponseBody(IHttpResponseBodyFeature inner, CountingStream stream) : IHttpResponseBodyFeature
{
    public Stream Stream => stream;

    /// <summary>Not counted: YARP writes to the stream.</summary>
    public PipeWriter Writer => inner.Writer;

    public void DisableBuffering() => inner.DisableBuffering();

    public Task StartAsync(CancellationToken cancellationToken = default) => inner.StartAsync(cancellationToken);

    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
        inner.SendFileAsync(path, offset, count, cancellationToken);

    public Task CompleteAsync() => inner.CompleteAsync();
}
