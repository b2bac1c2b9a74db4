using System.Reflection;

namespace TestKit.Architecture;

/// <summary>
/// The rule that folders are layers: between the folders of an assembly, imports point one way. A folder is a namespace
/// (the build enforces that the two agree); types outside every namespace, such as <c>Program</c>, belong to the root folder.
/// </summary>
/// <remarks>
/// The compiled assembly is read, not the source: what counts is which types a type uses, not which <c>using</c> lines a file has.
/// Constants are invisible, because the compiler copies their values.
/// </remarks>
public static class FolderLayers
{
    /// <summary>Fails with every edge that is part of a cycle.</summary>
    /// <exception cref="InvalidOperationException">Two folders import each other; the message names the edges.</exception>
    public static void AssertOneWay(Assembly assembly)
    {
        var cycles = FindCycles(assembly);
        if (cycles.Count > 0)
        {
            var lines = string.Join(Environment.NewLine, cycles);
            throw new InvalidOperationException($"Folders import each other. Edges on a cycle:{Environment.NewLine}{lines}");
        }
    }

    /// <summary>Every edge between two folders that import each other, directly or through others, with one example each.</summary>
    /// <param name="assembly">An assembly that was loaded from a file.</param>
    /// <param name="rootNamespace">The namespace to examine, with those below it; the assembly's name by default.</param>
    /// <returns>A line for each offending edge, the one with the fewest uses first; empty when imports point one way.</returns>
    public static IReadOnlyList<string> FindCycles(Assembly assembly, string? rootNamespace = null)
    {
        ArgumentNullException.ThrowIfNull(assembly);
        var root = rootNamespace ?? assembly.GetName().Name!;
        var uses = TypeUses.ReadFrom(assembly.Location)
            .Select(use => (From: FolderOf(use.User, root), To: FolderOf(use.Used, root), Use: use))
            .Where(edge => edge.From is not null && edge.To is not null && edge.From != edge.To)
            .ToLookup(edge => (From: edge.From!, To: edge.To!), edge => edge.Use);
        var imports = uses.Select(edge => edge.Key).ToLookup(edge => edge.From, edge => edge.To);
        var reachable = imports.ToDictionary(folder => folder.Key, folder => FindReachable(folder.Key, imports));

        return
        [
            .. uses.Where(edge => reachable.TryGetValue(edge.Key.To, out var back) && back.Contains(edge.Key.From))
                .OrderBy(edge => edge.Count())
                .Select(edge => $"{edge.Key.From} -> {edge.Key.To}: {edge.First().User} uses {edge.First().Used} ({edge.Count()} uses)"),
        ];
    }

    private static string? FolderOf(string type, string root)
    {
        var dot = type.LastIndexOf('.');
        if (dot < 0)
        {
            return type.StartsWith('<') ? null : root;
        }

        var folder = type[..dot];
        return folder == root || folder.StartsWith(root + ".", StringComparison.Ordinal) ? folder : null;
    }

    private static HashSet<string> FindReachable(string from, ILookup<string, string> imports)
    {
        var reached = new HashSet<string>();
        var pending = new Stack<string>(imports[from]);
        while (pending.TryPop(out var folder))
        {
            if (reached.Add(folder))
            {
                foreach (var next in imports[folder])
                {
                    pending.Push(next);
                }
            }
        }

        return reached;
    }
}
