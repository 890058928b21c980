namespace CqlDriver;

/// <summary>
/// A value that does not fit: a .NET value that cannot be encoded as the column's CQL type, or bytes that cannot be read
/// as the .NET type asked for. When encoding, nothing has been sent.
/// </summary>
public sealed class CqlValueException : CqlException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What does not fit and why.</param>
    /// <param name="type">The CQL type.</param>
    /// <param name="clrType">The .NET type.</param>
    /// <param name="columnName">The column or parameter, when it is known.</param>
    /// <param name="innerException">The cause.</param>
    public CqlValueException(string message, CqlType type, Type clrType, string? columnName = null, Exception? innerException = null)
        : base(columnName is null ? message : $"Column '{columnName}': {message}", innerException)
    {
        CqlType = type;
        ClrType = clrType;
        ColumnName = columnName;
        Reason = message;
    }

    /// <summary>The column, parameter or field, when it is known.</summary>
    public string? ColumnName { get; }

    /// <summary>The CQL type.</summary>
    public CqlType CqlType { get; }

    /// <summary>The .NET type.</summary>
    public Type ClrType { get; }

    /// <summary>Why it does not fit, without the column.</summary>
    public string Reason { get; }

    /// <summary>The same, with the column named.</summary>
    internal CqlValueException InColumn(string columnName) => ColumnName is null ? new CqlValueException(Reason, CqlType, ClrType, columnName, this) : this;
}
