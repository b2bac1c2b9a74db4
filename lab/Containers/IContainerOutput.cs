namespace Lab.Containers;

/// <summary>Receives the lines that containers write.</summary>
internal interface IContainerOutput
{
    /// <summary>Writes one complete line without its newline. Blocks if the reader of the lab's output is slow, as a pipe would.</summary>
    void WriteLine(string container, bool isError, ReadOnlySpan<byte> line);
}
