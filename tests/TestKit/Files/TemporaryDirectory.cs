using System.Text;

namespace TestKit;

/// <summary>An empty directory for one test, deleted on disposal, with the file operations of log writers and log rotation.</summary>
public sealed class TemporaryDirectory : IDisposable
{
    /// <summary>The absolute path of the directory.</summary>
    public string Path { get; } = Directory.CreateTempSubdirectory("test-").FullName;

    /// <summary>The absolute path of a file in the directory.</summary>
    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>Appends text to a file, as UTF-8 without a byte order mark; creates the file if it is missing.</summary>
    public void AppendToFile(string name, string text) => AppendToFile(name, Encoding.UTF8.GetBytes(text));

    /// <summary>Appends bytes to a file with a single write; creates the file if it is missing.</summary>
    public void AppendToFile(string name, byte[] bytes)
    {
        using var stream = new FileStream(
            this[name], FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        stream.Write(bytes);
    }

    /// <summary>Empties a file in place, as logrotate does with <c>copytruncate</c>, and writes new text from its start.</summary>
    public void TruncateAndWrite(string name, string text)
    {
        using var stream = new FileStream(
            this[name], FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        stream.SetLength(0);
        stream.Write(Encoding.UTF8.GetBytes(text));
    }

    /// <summary>Renames a file within the directory.</summary>
    public void RenameFile(string name, string newName) => File.Move(this[name], this[newName]);

    /// <summary>Deletes a file.</summary>
    public void DeleteFile(string name) => File.Delete(this[name]);

    /// <summary>Creates a symbolic link, or atomically replaces an existing one.</summary>
    public void ReplaceSymbolicLink(string name, string target)
    {
        var temporary = this[name + ".new-link"];
        File.CreateSymbolicLink(temporary, target);
        AtomicRename.Replace(temporary, this[name]);
    }

    /// <summary>Deletes the directory with everything in it.</summary>
    public void Dispose()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (IOException)
        {
            // The test deleted the directory itself, or a process that is being killed still writes into it.
        }
    }
}
