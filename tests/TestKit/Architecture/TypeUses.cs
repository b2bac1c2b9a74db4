using System.Collections.Immutable;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace TestKit.Architecture;

/// <summary>
/// Reads which types of an assembly use which others: in signatures, base types, attributes and method bodies (ECMA-335).
/// </summary>
internal sealed class TypeUses
{
    private static readonly Dictionary<short, OperandType> Operands = typeof(OpCodes).GetFields()
        .Select(field => (OpCode)field.GetValue(null)!)
        .ToDictionary(code => code.Value, code => code.OperandType);

    private readonly MetadataReader _metadata;
    private readonly PEReader _image;
    private readonly SignatureTypes _signatures = new();
    private readonly HashSet<TypeUse> _uses = [];

    private TypeUses(PEReader image)
    {
        _image = image;
        _metadata = image.GetMetadataReader();
    }

    /// <summary>Every pair of different types, once.</summary>
    public static IReadOnlyCollection<TypeUse> ReadFrom(string path)
    {
        using var image = new PEReader(File.OpenRead(path));
        var reader = new TypeUses(image);
        reader.ReadAll();
        return reader._uses;
    }

    private void ReadAll()
    {
        foreach (var handle in _metadata.TypeDefinitions)
        {
            var type = _metadata.GetTypeDefinition(handle);
            _signatures.Found.Clear();
            ReadToken(type.BaseType);
            ReadAttributes(type.GetCustomAttributes());
            ReadConstraints(type.GetGenericParameters());
            foreach (var implemented in type.GetInterfaceImplementations())
            {
                ReadToken(_metadata.GetInterfaceImplementation(implemented).Interface);
            }

            foreach (var field in type.GetFields())
            {
                var definition = _metadata.GetFieldDefinition(field);
                definition.DecodeSignature(_signatures, genericContext: null);
                ReadAttributes(definition.GetCustomAttributes());
            }

            foreach (var property in type.GetProperties())
            {
                ReadAttributes(_metadata.GetPropertyDefinition(property).GetCustomAttributes());
            }

            foreach (var method in type.GetMethods())
            {
                ReadMethod(_metadata.GetMethodDefinition(method));
            }

            var user = NameOf(handle);
            _uses.UnionWith(_signatures.Found.Select(NameOf).Where(used => used != user).Select(used => new TypeUse(user, used)));
        }
    }

    private void ReadMethod(MethodDefinition method)
    {
        method.DecodeSignature(_signatures, genericContext: null);
        ReadAttributes(method.GetCustomAttributes());
        ReadConstraints(method.GetGenericParameters());
        if (method.RelativeVirtualAddress == 0)
        {
            return;
        }

        var body = _image.GetMethodBody(method.RelativeVirtualAddress);
        if (!body.LocalSignature.IsNil)
        {
            _metadata.GetStandaloneSignature(body.LocalSignature).DecodeLocalSignature(_signatures, genericContext: null);
        }

        foreach (var region in body.ExceptionRegions)
        {
            ReadToken(region.CatchType);
        }

        ReadInstructions(body.GetILReader());
    }

    private void ReadInstructions(BlobReader code)
    {
        while (code.RemainingBytes > 0)
        {
            var value = (short)code.ReadByte();
            if (value == 0xFE)
            {
                value = (short)(0xFE00 | code.ReadByte());
            }

            switch (Operands[value])
            {
                case OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineTok or OperandType.InlineType:
                    ReadToken(MetadataTokens.EntityHandle(code.ReadInt32()));
                    break;
                case OperandType.InlineSwitch:
                    var targets = code.ReadInt32();
                    code.Offset += 4 * targets;
                    break;
                case var operand:
                    code.Offset += SizeOf(operand);
                    break;
            }
        }
    }

    private static int SizeOf(OperandType operand) => operand switch
    {
        OperandType.InlineNone => 0,
        OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
        OperandType.InlineVar => 2,
        OperandType.InlineI8 or OperandType.InlineR => 8,
        _ => 4,
    };

    private void ReadToken(EntityHandle token)
    {
        if (token.IsNil)
        {
            return;
        }

        switch (token.Kind)
        {
            case HandleKind.TypeDefinition:
                _signatures.Found.Add((TypeDefinitionHandle)token);
                break;
            case HandleKind.TypeSpecification:
                _metadata.GetTypeSpecification((TypeSpecificationHandle)token).DecodeSignature(_signatures, genericContext: null);
                break;
            case HandleKind.MethodDefinition:
                _signatures.Found.Add(_metadata.GetMethodDefinition((MethodDefinitionHandle)token).GetDeclaringType());
                break;
            case HandleKind.FieldDefinition:
                _signatures.Found.Add(_metadata.GetFieldDefinition((FieldDefinitionHandle)token).GetDeclaringType());
                break;
            case HandleKind.MemberReference:
                ReadToken(_metadata.GetMemberReference((MemberReferenceHandle)token).Parent);
                break;
            case HandleKind.MethodSpecification:
                var specification = _metadata.GetMethodSpecification((MethodSpecificationHandle)token);
                specification.DecodeSignature(_signatures, genericContext: null);
                ReadToken(specification.Method);
                break;
        }
    }

    private void ReadAttributes(CustomAttributeHandleCollection attributes)
    {
        foreach (var attribute in attributes)
        {
            ReadToken(_metadata.GetCustomAttribute(attribute).Constructor);
        }
    }

    private void ReadConstraints(GenericParameterHandleCollection parameters)
    {
        foreach (var constraint in parameters.SelectMany(p => _metadata.GetGenericParameter(p).GetConstraints()))
        {
            ReadToken(_metadata.GetGenericParameterConstraint(constraint).Type);
        }
    }

    private string NameOf(TypeDefinitionHandle handle)
    {
        var type = _metadata.GetTypeDefinition(handle);
        while (type.IsNested)
        {
            type = _metadata.GetTypeDefinition(type.GetDeclaringType());
        }

        var (space, name) = (_metadata.GetString(type.Namespace), _metadata.GetString(type.Name));
        return space.Length == 0 ? name : $"{space}.{name}";
    }

    /// <summary>Collects the assembly's own types that a signature mentions. The decoded value itself is not needed.</summary>
    private sealed class SignatureTypes : ISignatureTypeProvider<bool, object?>
    {
        public HashSet<TypeDefinitionHandle> Found { get; } = [];

        public bool GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) => Found.Add(handle);

        public bool GetTypeFromSpecification(
            MetadataReader reader, object? genericContext, TypeSpecificationHandle handle, byte rawTypeKind) =>
            reader.GetTypeSpecification(handle).DecodeSignature(this, genericContext);

        public bool GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) => false;

        public bool GetPrimitiveType(PrimitiveTypeCode typeCode) => false;

        public bool GetSZArrayType(bool elementType) => false;

        public bool GetArrayType(bool elementType, ArrayShape shape) => false;

        public bool GetByReferenceType(bool elementType) => false;

        public bool GetPointerType(bool elementType) => false;

        public bool GetPinnedType(bool elementType) => false;

        public bool GetModifiedType(bool modifier, bool unmodifiedType, bool isRequired) => false;

        public bool GetFunctionPointerType(MethodSignature<bool> signature) => false;

        public bool GetGenericInstantiation(bool genericType, ImmutableArray<bool> typeArguments) => false;

        public bool GetGenericMethodParameter(object? genericContext, int index) => false;

        public bool GetGenericTypeParameter(object? genericContext, int index) => false;
    }
}
