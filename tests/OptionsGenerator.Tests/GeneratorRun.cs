using Hosting.Configuration;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace OptionsGenerator.Tests;

/// <summary>A run of the generator over one source file that may use hosting.</summary>
internal sealed class GeneratorRun
{
    private static readonly CSharpParseOptions ParseOptions = new(LanguageVersion.Latest, DocumentationMode.Parse);

    private static readonly MetadataReference[] References =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
            .Split(Path.PathSeparator)
            .Append(typeof(ContainerOptions).Assembly.Location)
            .Distinct()
            .Select(file => MetadataReference.CreateFromFile(file)),
    ];

    public GeneratorRun(string source)
    {
        var text = $$"""
            #nullable enable
            using System;
            using System.Collections.Generic;
            using System.ComponentModel.DataAnnotations;
            using Hosting.Configuration;
            using Microsoft.Extensions.Configuration;
            namespace Sample;
            {{source}}
            """;
        var compilation = CSharpCompilation.Create(
            "Sample",
            [CSharpSyntaxTree.ParseText(text, ParseOptions)],
            References,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary));
        var driver = CSharpGeneratorDriver
            .Create([new OptionsShapeGenerator().AsSourceGenerator()], parseOptions: ParseOptions)
            .RunGeneratorsAndUpdateCompilation(compilation, out var result, out var problems);
        Problems = [.. problems];
        CompilationErrors = [.. result.GetDiagnostics().Where(diagnostic => diagnostic.Severity > DiagnosticSeverity.Info)];
        Sources = [.. driver.GetRunResult().GeneratedTrees.Select(tree => tree.ToString())];
    }

    /// <summary>What the generator itself reported.</summary>
    public IReadOnlyList<Diagnostic> Problems { get; }

    /// <summary>The errors and warnings of the compiler, generated sources included.</summary>
    public IReadOnlyList<Diagnostic> CompilationErrors { get; }

    /// <summary>The generated sources.</summary>
    public IReadOnlyList<string> Sources { get; }
}
