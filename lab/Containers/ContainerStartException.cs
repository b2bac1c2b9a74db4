namespace Lab.Containers;

/// <summary>A container could not be started. The message is what the API shows.</summary>
internal sealed class ContainerStartException(string reason, string message, bool staysWaiting = false) : Exception(message)
{
    /// <summary>The reason in the words of the API, such as <c>ErrImageNeverPull</c> or <c>StartError</c>.</summary>
    public string Reason { get; } = reason;

    /// <summary>The container keeps waiting and is retried (a missing image or ConfigMap); otherwise the run counts as exited.</summary>
    public bool StaysWaiting { get; } = staysWaiting;
}
