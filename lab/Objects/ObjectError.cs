namespace Lab.Objects;

/// <summary>One mistake in an object, in the API server's own words.</summary>
/// <param name="Path">Where it is, as the API server writes it (<c>spec.containers[0].image</c>); empty for the whole object.</param>
/// <param name="Message">What is wrong.</param>
internal sealed record ObjectError(string Path, string Message);
