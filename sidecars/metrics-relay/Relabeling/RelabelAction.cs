namespace MetricsRelay.Relabeling;

/// <summary>The action of a relabel rule: a subset of the actions of Prometheus, with the same names and semantics.</summary>
public enum RelabelAction
{
    /// <summary>Sets <c>TargetLabel</c> to <c>Replacement</c> if the source matches. An empty result removes the label.</summary>
    Replace,

    /// <summary>Drops the series if the source does not match.</summary>
    Keep,

    /// <summary>Drops the series if the source matches.</summary>
    Drop,

    /// <summary>Removes the labels with a matching name.</summary>
    LabelDrop,

    /// <summary>Removes the labels without a matching name.</summary>
    LabelKeep,

    /// <summary>Copies each label with a matching name to the name given by <c>Replacement</c>.</summary>
    LabelMap,
}
