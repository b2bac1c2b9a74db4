namespace MetricsRelay.Exposition;

/// <summary>Passes every series on as it was scraped.</summary>
internal sealed class AsIs : ISeriesShaper
{
    public static readonly AsIs Instance = new();

    public bool MayCollide => false;

    public bool Shape(ref string name, List<Label> labels) => true;
}
