namespace Agent.Classifier;

/// <summary>One line of a data set.</summary>
internal sealed record LabelledText(string Label, string Text);
