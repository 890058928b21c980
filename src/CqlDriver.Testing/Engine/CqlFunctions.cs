using System.Buffers.Binary;
using System.Collections.Immutable;
using CqlDriver.Testing.Storage;
using CqlDriver.Testing.Values;

namespace CqlDriver.Testing.Engine;

/// <summary>A function of CQL with one signature.</summary>
internal sealed record CqlFunction(string Name, ImmutableArray<CqlType> Arguments, CqlType Returns, Func<ExecutionScope, byte[]?[], byte[]?> Call)
{
    public override string ToString() => $"{Name}({string.Join(", ", Arguments)})";
}

/// <summary>The functions known here, under their old and new names.</summary>
internal static class CqlFunctions
{
    private const long MillisecondsPerDay = 86_400_000;
    private static readonly ILookup<string, CqlFunction> All = Build().ToLookup(function => function.Name, StringComparer.Ordinal);

    public static IEnumerable<CqlFunction> Named(string name) => All[name];

    private static IEnumerable<CqlFunction> Build() => [.. Clocks(), .. Conversions(), .. Blobs()];

    private static IEnumerable<CqlFunction> Clocks()
    {
        foreach (var name in new[] { "now", "currenttimeuuid", "current_timeuuid" })
        {
            yield return new CqlFunction(name, [], CqlType.Timeuuid, static (scope, _) => scope.NextTimeUuid());
        }

        yield return new CqlFunction("uuid", [], CqlType.Uuid, static (_, _) => CqlBytes.Uuid(Guid.NewGuid()));
        foreach (var name in new[] { "currenttimestamp", "current_timestamp" })
        {
            yield return new CqlFunction(name, [], CqlType.Timestamp, static (scope, _) => CqlBytes.Int64(scope.Now.ToUnixTimeMilliseconds()));
        }

        foreach (var name in new[] { "currentdate", "current_date" })
        {
            yield return new CqlFunction(name, [], CqlType.Date, static (scope, _) => DateOfMilliseconds(scope.Now.ToUnixTimeMilliseconds()));
        }

        foreach (var name in new[] { "currenttime", "current_time" })
        {
            yield return new CqlFunction(name, [], CqlType.Time, static (scope, _) => CqlBytes.Int64(scope.Now.TimeOfDay.Ticks * 100));
        }
    }

    private static IEnumerable<CqlFunction> Conversions()
    {
        foreach (var name in new[] { "totimestamp", "to_timestamp", "dateof" })
        {
            yield return Unary(name, CqlType.Timeuuid, CqlType.Timestamp, static uuid => CqlBytes.Int64(ExecutionScope.MillisecondsOf(uuid)));
        }

        foreach (var name in new[] { "totimestamp", "to_timestamp" })
        {
            yield return Unary(name, CqlType.Date, CqlType.Timestamp, static date => CqlBytes.Int64(MillisecondsOfDate(date)));
        }

        foreach (var name in new[] { "todate", "to_date" })
        {
            yield return Unary(name, CqlType.Timeuuid, CqlType.Date, static uuid => DateOfMilliseconds(ExecutionScope.MillisecondsOf(uuid)));
            yield return Unary(name, CqlType.Timestamp, CqlType.Date, static stamp => DateOfMilliseconds(BinaryPrimitives.ReadInt64BigEndian(stamp)));
        }

        foreach (var name in new[] { "tounixtimestamp", "to_unix_timestamp", "unixtimestampof" })
        {
            yield return Unary(name, CqlType.Timeuuid, CqlType.Bigint, static uuid => CqlBytes.Int64(ExecutionScope.MillisecondsOf(uuid)));
            yield return Unary(name, CqlType.Timestamp, CqlType.Bigint, static stamp => stamp);
            yield return Unary(name, CqlType.Date, CqlType.Bigint, static date => CqlBytes.Int64(MillisecondsOfDate(date)));
        }

        foreach (var name in new[] { "mintimeuuid", "min_timeuuid" })
        {
            yield return Unary(name, CqlType.Timestamp, CqlType.Timeuuid, static stamp => BoundaryUuid(stamp, 0, 0x80));
        }

        foreach (var name in new[] { "maxtimeuuid", "max_timeuuid" })
        {
            yield return Unary(name, CqlType.Timestamp, CqlType.Timeuuid, static stamp => BoundaryUuid(stamp, TimeSpan.TicksPerMillisecond - 1, 0x7F));
        }
    }

    private static IEnumerable<CqlFunction> Blobs()
    {
        foreach (var type in new[]
        {
            CqlType.Ascii, CqlType.Bigint, CqlType.Boolean, CqlType.Date, CqlType.Decimal, CqlType.Double, CqlType.Float, CqlType.Inet, CqlType.Int,
            CqlType.Smallint, CqlType.Text, CqlType.Time, CqlType.Timestamp, CqlType.Timeuuid, CqlType.Tinyint, CqlType.Uuid, CqlType.Varint,
        })
        {
            foreach (var spelling in type.Kind == CqlTypeKind.Text ? new[] { "text", "varchar" } : [type.ToString()])
            {
                yield return Unary($"{spelling}asblob", type, CqlType.Blob, static value => value);
                yield return Unary($"{spelling}_as_blob", type, CqlType.Blob, static value => value);
                yield return Unary($"blobas{spelling}", CqlType.Blob, type, bytes => Checked(bytes, type));
                yield return Unary($"blob_as_{spelling}", CqlType.Blob, type, bytes => Checked(bytes, type));
            }
        }
    }

    private static CqlFunction Unary(string name, CqlType argument, CqlType returns, Func<byte[], byte[]> call) =>
        new(name, [argument], returns, (_, arguments) => arguments[0] is { Length: > 0 } value ? call(value) : arguments[0]);

    private static byte[] Checked(byte[] bytes, CqlType type) =>
        ValueCheck.Complaint(type, bytes) is { } complaint ? throw CqlServerException.Invalid($"In call to function blob_as_{type}, value 0x{Convert.ToHexStringLower(bytes)} is not a valid binary representation for type {type}: {complaint}") : bytes;

    private static byte[] BoundaryUuid(byte[] stamp, long extraTicks, byte fill)
    {
        var ticks = BinaryPrimitives.ReadInt64BigEndian(stamp) * TimeSpan.TicksPerMillisecond + (DateTimeOffset.UnixEpoch - ExecutionScope.UuidEpoch).Ticks + extraTicks;
        Span<byte> clockAndNode = stackalloc byte[8];
        clockAndNode.Fill(fill);
        var bytes = ExecutionScope.TimeUuid(ticks, clockAndNode);
        bytes[8] = fill;
        return bytes;
    }

    private static byte[] DateOfMilliseconds(long milliseconds) =>
        CqlBytes.Int32(unchecked((int)(uint)((milliseconds >= 0 ? milliseconds / MillisecondsPerDay : (milliseconds + 1) / MillisecondsPerDay - 1) + 2_147_483_648L)));

    private static long MillisecondsOfDate(byte[] date) => (BinaryPrimitives.ReadUInt32BigEndian(date) - 2_147_483_648L) * MillisecondsPerDay;
}
