using System.Runtime.InteropServices;
using System.Text;

namespace LogTailer.Tests;

/// <summary>A directory of its own for a test, with the file operations that log writers do.</summary>
internal sealed partial class TemporaryDirectory : IDisposable
{
    public TemporaryDirectory() => Path = Directory.CreateTempSubdirectory("log-tailer-").FullName;

    public string Path { get; }

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void Append(string name, string text) => Append(name, Encoding.UTF8.GetBytes(text));

    public void Append(string name, byte[] bytes)
    {
        using var stream = new FileStream(this[name], FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        stream.Write(bytes);
    }

    /// <summary>Empties the file in place, as copytruncate does, and writes on.</summary>
    public void TruncateAndWrite(string name, string text)
    {
        using var stream = new FileStream(this[name], FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        stream.SetLength(0);
        stream.Write(Encoding.UTF8.GetBytes(text));
    }

    public void Rename(string name, string newName) => File.Move(this[name], this[newName]);

    public void Delete(string name) => File.Delete(this[name]);

    /// <summary>Makes or retargets a link in one step, as the kubelet does.</summary>
    public void Link(string name, string target)
    {
        var temporary = this[name + ".new-link"];
        File.CreateSymbolicLink(temporary, target);
        Assert.Equal(0, RenameOver(temporary, this[name]));
    }

    public void Dispose()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (IOException)
        {
            // A process that is being killed may still write; the system cleans up after us.
        }
    }

    [LibraryImport("libc", EntryPoint = "rename", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RenameOver(string from, string to);
}
