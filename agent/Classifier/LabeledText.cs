namespace Agent.Classifier;

/// <summary>One line of a data set.</summary>
internal sealed record LabeledText(string Label, string Text);
