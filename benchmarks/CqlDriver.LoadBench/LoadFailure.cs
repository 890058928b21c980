namespace CqlDriver.LoadBench;

/// <summary>A run whose figures would be worthless: an answer that is wrong or missing, or a server that does not answer.</summary>
internal sealed class LoadFailure(string message) : Exception(message);
