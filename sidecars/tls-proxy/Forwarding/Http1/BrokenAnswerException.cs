namespace TlsProxy.Forwarding.Http1;

/// <summary>The application's answer is not HTTP/1.1, or one that two readers might read in two ways.</summary>
/// <param name="what">What is wrong with it, as the end of a sentence that begins with "The application's answer is broken:".</param>
internal sealed class BrokenAnswerException(string what) : IOException($"The application's answer is broken: {what}.");
