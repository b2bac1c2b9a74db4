using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;
using System.Collections.Immutable;
using System.Text;

namespace OptionsGenerator;

/// <summary>
/// Generates the shape of each class that derives from <c>Hosting.Configuration.ContainerOptions</c>: its keys with their types,
/// accessors, validation rules, and descriptions from the XML documentation.
/// </summary>
[Generator(LanguageNames.CSharp)]
public sealed class OptionsShapeGenerator : IIncrementalGenerator
{
    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        var results = context.SyntaxProvider
            .CreateSyntaxProvider(
                static (node, _) => node is ClassDeclarationSyntax declaration && IsCandidate(declaration),
                static (syntax, cancellation) => GenerateShape(syntax, cancellation))
            .Where(static result => result.FileName.Length > 0);
        context.RegisterSourceOutput(results, static (output, result) =>
        {
            foreach (var problem in result.Problems)
            {
                output.ReportDiagnostic(problem);
            }

            if (result.Source.Length > 0)
            {
                output.AddSource(result.FileName, SourceText.From(result.Source, Encoding.UTF8));
            }
        });
    }

    private static bool IsCandidate(ClassDeclarationSyntax declaration) =>
        declaration.BaseList is not null || declaration.Identifier.ValueText == OptionsTypes.CommonOptionsName;

    private static (string FileName, string Source, ImmutableArray<Diagnostic> Problems) GenerateShape(
        GeneratorSyntaxContext syntax, CancellationToken cancellation)
    {
        var none = (FileName: "", Source: "", Problems: ImmutableArray<Diagnostic>.Empty);
        var declaration = (ClassDeclarationSyntax)syntax.Node;
        if (syntax.SemanticModel.GetDeclaredSymbol(declaration, cancellation) is not { } options
            || !OptionsTypes.IsDescribed(options)
            || options.DeclaringSyntaxReferences[0].GetSyntax(cancellation) != declaration)
        {
            return none;
        }

        var fileName = $"{options.ToDisplayString()}.Shape.g.cs";
        if (options.ContainingType is not null || !declaration.Modifiers.Any(SyntaxKind.PartialKeyword))
        {
            var problem = Diagnostic.Create(Diagnostics.NotPartial, declaration.Identifier.GetLocation(), options.Name);
            return (fileName, "", [problem]);
        }

        var writer = new ShapeWriter(options, cancellation);
        var source = writer.WriteSource();
        return (fileName, source, writer.Problems.ToImmutableArray());
    }
}
