namespace CqlDriver;

/// <summary>
/// The kinds of CQL types. The numbers are the option ids of the native protocol (v5, section 4.2.5.2), except for
/// <see cref="Vector"/>, which travels as a custom type.
/// </summary>
public enum CqlTypeKind
{
    /// <summary>A server-side class known by its name only; its values are bytes.</summary>
    Custom = 0x0000,

    /// <summary>US-ASCII text.</summary>
    Ascii = 0x0001,

    /// <summary>A 64-bit signed integer.</summary>
    Bigint = 0x0002,

    /// <summary>Arbitrary bytes.</summary>
    Blob = 0x0003,

    /// <summary>True or false.</summary>
    Boolean = 0x0004,

    /// <summary>A distributed counter, 64 bits.</summary>
    Counter = 0x0005,

    /// <summary>A decimal number of any precision and scale.</summary>
    Decimal = 0x0006,

    /// <summary>A 64-bit IEEE-754 number.</summary>
    Double = 0x0007,

    /// <summary>A 32-bit IEEE-754 number.</summary>
    Float = 0x0008,

    /// <summary>A 32-bit signed integer.</summary>
    Int = 0x0009,

    /// <summary>Milliseconds since 1970-01-01T00:00:00Z, signed.</summary>
    Timestamp = 0x000B,

    /// <summary>A UUID of any version.</summary>
    Uuid = 0x000C,

    /// <summary>UTF-8 text; <c>text</c> and <c>varchar</c> are the same type.</summary>
    Text = 0x000D,

    /// <summary>An integer of any size.</summary>
    Varint = 0x000E,

    /// <summary>A version 1 UUID.</summary>
    Timeuuid = 0x000F,

    /// <summary>An IPv4 or IPv6 address.</summary>
    Inet = 0x0010,

    /// <summary>A day, without time of day.</summary>
    Date = 0x0011,

    /// <summary>Nanoseconds since midnight.</summary>
    Time = 0x0012,

    /// <summary>A 16-bit signed integer.</summary>
    Smallint = 0x0013,

    /// <summary>An 8-bit signed integer.</summary>
    Tinyint = 0x0014,

    /// <summary>Months, days and nanoseconds.</summary>
    Duration = 0x0015,

    /// <summary>An ordered list.</summary>
    List = 0x0020,

    /// <summary>A sorted map.</summary>
    Map = 0x0021,

    /// <summary>A sorted set.</summary>
    Set = 0x0022,

    /// <summary>A user-defined type.</summary>
    Udt = 0x0030,

    /// <summary>A tuple.</summary>
    Tuple = 0x0031,

    /// <summary>A vector of fixed dimension.</summary>
    Vector = 0x1000,
}
