using System.Text;
using System.Text.Json;

namespace LogTailer.Transform;

/// <summary>A condition <c>field=value</c> or <c>field=prefix*</c>.</summary>
internal sealed class DropCondition
{
    private readonly byte[] _field;
    private readonly byte[] _value;
    private readonly bool _isPrefix;

    public DropCondition(string condition)
    {
        var equals = condition.IndexOf('=', StringComparison.Ordinal);
        var value = condition[(equals + 1)..];
        _field = Encoding.UTF8.GetBytes(condition[..equals]);
        _isPrefix = value.EndsWith('*');
        _value = Encoding.UTF8.GetBytes(_isPrefix ? value[..^1] : value);
    }

    /// <summary>Whether the condition is about this property.</summary>
    public bool AppliesTo(ref Utf8JsonReader property) => property.ValueTextEquals(_field);

    /// <summary>Whether the current value of the reader matches. Numbers and literals are compared by their text.</summary>
    public bool MatchesValue(ref Utf8JsonReader value)
    {
        switch (value.TokenType)
        {
            case JsonTokenType.String when !_isPrefix:
                return value.ValueTextEquals(_value);
            case JsonTokenType.String when value.ValueIsEscaped:
                return Encoding.UTF8.GetBytes(value.GetString()!).AsSpan().StartsWith(_value);
            case JsonTokenType.String or JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False or JsonTokenType.Null:
                return _isPrefix ? value.ValueSpan.StartsWith(_value) : value.ValueSpan.SequenceEqual(_value);
            default:
                return false;
        }
    }
}
