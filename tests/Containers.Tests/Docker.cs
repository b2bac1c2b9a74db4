using System.ComponentModel;
using System.Diagnostics;

namespace Containers.Tests;

/// <summary>Runs the Docker command line.</summary>
internal static class Docker
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(40);

    private static readonly Lazy<string[]?> ComposeCommand = new(FindComposeCommand);

    /// <summary>Whether <c>docker compose</c> or <c>docker-compose</c> is installed.</summary>
    public static bool HasCompose => ComposeCommand.Value is not null;

    /// <summary>Runs <c>docker ARGUMENTS</c>.</summary>
    /// <returns>Its stdout.</returns>
    /// <exception cref="InvalidOperationException">The exit code is not 0; the message contains the output.</exception>
    public static string RunDocker(params string[] arguments) => RunChecked("docker", arguments);

    /// <summary>Runs <c>docker compose ARGUMENTS</c> in the repository, or <c>docker-compose</c> where only that is installed.</summary>
    /// <exception cref="InvalidOperationException">The exit code is not 0; the message contains the output.</exception>
    public static string RunCompose(params string[] arguments)
    {
        var command = ComposeCommand.Value
            ?? throw new InvalidOperationException("Neither docker compose nor docker-compose is installed.");
        return RunChecked(command[0], [.. command[1..], "--project-name", ComposePod.ProjectName, .. arguments]);
    }

    /// <summary>The lines that a container has written, stdout before stderr.</summary>
    public static IEnumerable<string> ReadLogs(string container)
    {
        var (_, output, errors) = Execute("docker", ["logs", container]);
        return output.Split('\n').Concat(errors.Split('\n')).Where(line => line.Length > 0);
    }

    /// <summary>Runs a program in the repository.</summary>
    /// <param name="program">Its name on the PATH.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="input">The text for its stdin.</param>
    /// <param name="deadline">The longest run; 40 minutes by default.</param>
    /// <returns>The exit code (127 if the program is not installed) and both streams.</returns>
    /// <exception cref="TimeoutException">The program was still running at the deadline, and was killed.</exception>
    public static (int ExitCode, string Output, string Errors) Execute(
        string program, string[] arguments, string input = "", TimeSpan? deadline = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Repository.Root,
        };
        start.Environment["DOCKER_BUILDKIT"] = "1";
        try
        {
            using var process = ChildProcess.StartProcess(start);
            var output = process.StandardOutput.ReadToEndAsync();
            var errors = process.StandardError.ReadToEndAsync();
            WriteInput(process.StandardInput, input);
            if (!process.WaitForExit(deadline ?? Deadline))
            {
                process.Kill(entireProcessTree: true);
                throw new TimeoutException($"{program} {string.Join(' ', arguments)} was still running after {deadline ?? Deadline}");
            }

            return (process.ExitCode, output.Result, errors.Result);
        }
        catch (Win32Exception exception)
        {
            return (127, "", exception.Message);
        }
    }

    private static void WriteInput(StreamWriter writer, string input)
    {
        try
        {
            writer.Write(input);
            writer.Close();
        }
        catch (IOException)
        {
            // The program exited without reading its input; its exit code and its output tell why.
        }
    }

    private static string RunChecked(string program, string[] arguments)
    {
        var (exitCode, output, errors) = Execute(program, arguments);
        return exitCode == 0
            ? output
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: exit code {exitCode}\n{output}\n{errors}");
    }

    private static string[]? FindComposeCommand()
    {
        string[][] candidates = [["docker", "compose"], ["docker-compose"]];
        return candidates.FirstOrDefault(command => Execute(command[0], [.. command[1..], "version"]).ExitCode == 0);
    }
}
