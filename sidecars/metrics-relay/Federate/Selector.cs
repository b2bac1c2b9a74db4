using System.Text;
using System.Text.RegularExpressions;
using MetricsRelay.Exposition;
using MetricsRelay.Relabel;

namespace MetricsRelay.Federate;

/// <summary>An instant selector of PromQL: <c>name{label="value",other!~"regex"}</c>.</summary>
internal sealed class Selector
{
    private readonly string _text;
    private readonly List<LabelMatcher> _matchers = [];
    private int _at;

    private Selector(string text) => _text = text;

    /// <exception cref="SelectorException">It is not one.</exception>
    public static Selector Parse(string text)
    {
        var selector = new Selector(text);
        selector.Read();
        return selector;
    }

    public bool Matches(string name, List<Label> labels)
    {
        foreach (var matcher in _matchers)
        {
            var value = matcher.Name == RelabelRule.MetricName
                ? name
                : labels.Find(label => label.Name == matcher.Name).Value ?? "";
            if (!matcher.Matches(value))
            {
                return false;
            }
        }

        return true;
    }

    private void Read()
    {
        Skip();
        var name = ReadName(colons: true);
        if (name.Length > 0)
        {
            _matchers.Add(new LabelMatcher(RelabelRule.MetricName, name, negated: false, regex: null));
        }

        Skip();
        if (_at < _text.Length && _text[_at] == '{')
        {
            ReadMatchers(name.Length > 0);
            Skip();
        }

        if (_at < _text.Length)
        {
            throw Wrong("a selector of names and labels ends here");
        }

        // As in Prometheus: nobody gets everything by mistake.
        if (!_matchers.Exists(matcher => !matcher.Matches("")))
        {
            throw Wrong("at least one condition must not match an empty label");
        }
    }

    private void ReadMatchers(bool named)
    {
        _at++;
        while (true)
        {
            Skip();
            if (Take("}"))
            {
                return;
            }

            var quoted = _at < _text.Length && _text[_at] is '"' or '\'' or '`';
            var label = quoted ? ReadString() : ReadName(colons: false);
            if (label.Length == 0)
            {
                throw Wrong("a label's name or '}' is missing");
            }

            Skip();
            if (quoted && !named && _at < _text.Length && _text[_at] is ',' or '}')
            {
                _matchers.Add(new LabelMatcher(RelabelRule.MetricName, label, negated: false, regex: null));
                named = true;
            }
            else
            {
                ReadCondition(label);
            }

            Skip();
            if (!Take(",") && (_at == _text.Length || _text[_at] != '}'))
            {
                throw Wrong("',' or '}' is missing");
            }
        }
    }

    private void ReadCondition(string label)
    {
        var negated = Take("!");
        var isRegex = negated ? Take("~") : Take("=~");
        if (!isRegex && !Take("="))
        {
            throw Wrong("one of =, !=, =~ and !~ is missing");
        }

        Skip();
        var start = _at;
        var value = ReadString();
        try
        {
            _matchers.Add(new LabelMatcher(label, value, negated, isRegex ? RelabelRule.Compile(value) : null));
        }
        catch (Exception e) when (e is RegexParseException or NotSupportedException)
        {
            _at = start;
            throw Wrong($"not a regular expression: {e.Message}");
        }
    }

    private string ReadName(bool colons)
    {
        var start = _at;
        while (_at < _text.Length && char.IsAscii(_text[_at]) && (_at == start
            ? LabelText.IsNameStart((byte)_text[_at], colons)
            : LabelText.IsNamePart((byte)_text[_at], colons)))
        {
            _at++;
        }

        return _text[start.._at];
    }

    private string ReadString()
    {
        var start = _at;
        if (_at == _text.Length || _text[_at] is not ('"' or '\'' or '`'))
        {
            throw Wrong("a value in quotes is missing");
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
                _ => throw Wrong("not an escape sequence (in a regular expression write \\\\ for \\)"),
            });
        }

        _at = start;
        throw Wrong("the closing quote is missing");
    }

    private bool Take(string token)
    {
        if (string.CompareOrdinal(_text, _at, token, 0, token.Length) != 0)
        {
            return false;
        }

        _at += token.Length;
        return true;
    }

    private void Skip()
    {
        while (_at < _text.Length && char.IsWhiteSpace(_text[_at]))
        {
            _at++;
        }
    }

    private SelectorException Wrong(string message) => new(_text, _at, message);
}
