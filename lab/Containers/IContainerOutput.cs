namespace Lab.Containers;

/// <summary>Takes the lines that containers write.</summary>
internal interface IContainerOutput
{
    /// <summary>One whole line without its newline. Blocks when the reader of the lab's output is slow, as a pipe would.</summary>
    void Line(string container, bool error, ReadOnlySpan<byte> line);
}
