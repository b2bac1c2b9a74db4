namespace Lab.Admission;

/// <summary>A mistake in an object, in the words of the API server.</summary>
/// <param name="Path">The field, as the API server writes it (<c>spec.containers[0].image</c>); empty for the whole object.</param>
/// <param name="Message">What is wrong.</param>
internal sealed record ObjectError(string Path, string Message);
