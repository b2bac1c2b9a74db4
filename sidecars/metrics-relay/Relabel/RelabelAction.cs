namespace MetricsRelay.Relabel;

/// <summary>What a relabel rule does: a subset of Prometheus' actions, under their names and with their meaning.</summary>
public enum RelabelAction
{
    /// <summary>Sets <c>TargetLabel</c> to <c>Replacement</c> where the source matches; an empty result removes it.</summary>
    Replace,

    /// <summary>Drops the series whose source does not match.</summary>
    Keep,

    /// <summary>Drops the series whose source matches.</summary>
    Drop,

    /// <summary>Removes the labels whose name matches.</summary>
    LabelDrop,

    /// <summary>Removes the labels whose name does not match.</summary>
    LabelKeep,

    /// <summary>Copies each label whose name matches to the name that <c>Replacement</c> gives.</summary>
    LabelMap,
}
