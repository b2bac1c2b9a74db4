using System.Text;
using System.Text.RegularExpressions;
using MetricsRelay.Exposition;
using MetricsRelay.Relabeling;

namespace MetricsRelay.Federation;

/// <summary>Parses a <see cref="Selector"/>.</summary>
internal sealed class SelectorParser
{
    private readonly string _text;
    private readonly List<LabelMatcher> _matchers = [];
    private int _at;

    private SelectorParser(string text) => _text = text;

    /// <exception cref="SelectorException">The text is not a selector.</exception>
    public static Selector ParseSelector(string text)
    {
        var parser = new SelectorParser(text);
        parser.ParseAll();
        return new Selector(parser._matchers);
    }

    private void ParseAll()
    {
        SkipWhiteSpace();
        var name = ReadName(allowColon: true);
        if (name.Length > 0)
        {
            AddNameMatcher(name);
        }

        SkipWhiteSpace();
        if (_at < _text.Length && _text[_at] == '{')
        {
            ParseMatchers(name.Length > 0);
            SkipWhiteSpace();
        }

        if (_at < _text.Length)
        {
            throw CreateError("unexpected text after the selector");
        }

        // The same rule as in Prometheus, so that no request selects everything by mistake.
        if (!_matchers.Exists(matcher => !matcher.MatchesValue("")))
        {
            throw CreateError("at least one condition must not match an empty label");
        }
    }

    private void ParseMatchers(bool hasName)
    {
        _at++;
        while (true)
        {
            SkipWhiteSpace();
            if (TrySkip("}"))
            {
                return;
            }

            var isQuoted = _at < _text.Length && _text[_at] is '"' or '\'' or '`';
            var label = isQuoted ? ReadQuotedText() : ReadName(allowColon: false);
            if (label.Length == 0)
            {
                throw CreateError("expected a label name or '}'");
            }

            SkipWhiteSpace();
            if (isQuoted && !hasName && _at < _text.Length && _text[_at] is ',' or '}')
            {
                AddNameMatcher(label);
                hasName = true;
            }
            else
            {
                ParseCondition(label);
            }

            SkipWhiteSpace();
            if (!TrySkip(",") && (_at == _text.Length || _text[_at] != '}'))
            {
                throw CreateError("expected ',' or '}'");
            }
        }
    }

    private void ParseCondition(string label)
    {
        var isNegated = TrySkip("!");
        var isRegex = isNegated ? TrySkip("~") : TrySkip("=~");
        if (!isRegex && !TrySkip("="))
        {
            throw CreateError("expected one of =, !=, =~ and !~");
        }

        SkipWhiteSpace();
        var start = _at;
        var value = ReadQuotedText();
        try
        {
            _matchers.Add(new LabelMatcher(label, value, isNegated, isRegex ? RelabelRule.CompileRegex(value) : null));
        }
        catch (Exception exception) when (exception is RegexParseException or NotSupportedException)
        {
            _at = start;
            throw CreateError($"not a regular expression: {exception.Message}");
        }
    }

    private void AddNameMatcher(string name) =>
        _matchers.Add(new LabelMatcher(LabelText.MetricNameLabel, name, isNegated: false, regex: null));

    private string ReadName(bool allowColon)
    {
        var start = _at;
        while (_at < _text.Length && char.IsAscii(_text[_at]) && (_at == start
            ? LabelText.IsNameStart((byte)_text[_at], allowColon)
            : LabelText.IsNamePart((byte)_text[_at], allowColon)))
        {
            _at++;
        }

        return _text[start.._at];
    }

    private string ReadQuotedText()
    {
        var start = _at;
        if (_at == _text.Length || _text[_at] is not ('"' or '\'' or '`'))
        {
            throw CreateError("expected a value in quotes");
        }

        var quote = _text[_at++];
        var value = new StringBuilder();
        for (; _at < _text.Length; _at++)
        {
            var c = _text[_at];
            if (c == quote)
            {
                _at++;
                return value.ToString();
            }

            if (c != '\\' || quote == '`' || _at + 1 == _text.Length)
            {
                value.Append(c);
                continue;
            }

            value.Append(_text[++_at] switch
            {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                '\\' => '\\',
                '"' => '"',
                '\'' => '\'',
                _ => throw CreateError("not an escape sequence (in a regular expression, write \\\\ for \\)"),
            });
        }

        _at = start;
        throw CreateError("the closing quote is missing");
    }

    private bool TrySkip(string token)
    {
        if (string.CompareOrdinal(_text, _at, token, 0, token.Length) != 0)
        {
            return false;
        }

        _at += token.Length;
        return true;
    }

    private void SkipWhiteSpace()
    {
        while (_at < _text.Length && char.IsWhiteSpace(_text[_at]))
        {
            _at++;
        }
    }

    private SelectorException CreateError(string message) => new(_text, _at, message);
}
