namespace TlsProxy.Certificates;

/// <summary>What came of a look at a directory.</summary>
internal enum CertificateOutcome
{
    /// <summary>Nothing new.</summary>
    Unchanged,

    /// <summary>A new pair is served from now on.</summary>
    Applied,

    /// <summary>What is there now cannot be served; the last good pair still is.</summary>
    Rejected,

    /// <summary>The pair that is served lies there again, after something that was rejected.</summary>
    Restored,
}
