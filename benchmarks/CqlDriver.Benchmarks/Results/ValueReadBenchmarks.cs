using BenchmarkDotNet.Attributes;

namespace CqlDriver.Benchmarks.Results;

/// <summary>One value of a row that is at hand, by type.</summary>
[MemoryDiagnoser]
public class ValueReadBenchmarks
{
    private readonly Row _int = Of(CqlType.Int, 7);
    private readonly Row _bigint = Of(CqlType.Bigint, 7L);
    private readonly Row _uuid = Of(CqlType.Uuid, Guid.NewGuid());
    private readonly Row _timeuuid = Of(CqlType.Timeuuid, new TimeUuidGenerator().Next());
    private readonly Row _boolean = Of(CqlType.Boolean, true);
    private readonly Row _double = Of(CqlType.Double, 1.5);
    private readonly Row _timestamp = Of(CqlType.Timestamp, DateTimeOffset.UnixEpoch);
    private readonly Row _nothing = Of(CqlType.Int, null);
    private readonly Row _text = Of(CqlType.Text, SomeStatement.Text);
    private readonly Row _longText = Of(CqlType.Text, new string('x', 200));
    private readonly Row _otherText = Of(CqlType.Text, "größer");
    private readonly Row _blob = Of(CqlType.Blob, new byte[16]);
    private readonly Row _list = Of(CqlType.List(CqlType.Int), new[] { 1, 2, 3 });

    [Benchmark]
    public int Int() => _int.Get<int>(0);

    [Benchmark]
    public int? NullableInt() => _int.Get<int?>(0);

    [Benchmark]
    public int? Null() => _nothing.Get<int?>(0);

    [Benchmark]
    public int IntByName() => _int.Get<int>("c0");

    [Benchmark]
    public long IntAsLong() => _int.Get<long>(0);

    [Benchmark]
    public object? IntAsObject() => _int[0];

    [Benchmark]
    public long Bigint() => _bigint.Get<long>(0);

    [Benchmark]
    public Guid Uuid() => _uuid.Get<Guid>(0);

    [Benchmark]
    public TimeUuid Timeuuid() => _timeuuid.Get<TimeUuid>(0);

    [Benchmark]
    public bool Boolean() => _boolean.Get<bool>(0);

    [Benchmark]
    public double Double() => _double.Get<double>(0);

    [Benchmark]
    public DateTimeOffset Timestamp() => _timestamp.Get<DateTimeOffset>(0);

    [Benchmark]
    public string Text() => _text.Get<string>(0);

    [Benchmark]
    public string LongText() => _longText.Get<string>(0);

    [Benchmark]
    public string TextBeyondAscii() => _otherText.Get<string>(0);

    [Benchmark]
    public byte[] Blob() => _blob.Get<byte[]>(0);

    [Benchmark]
    public int BlobInPlace() => _blob.GetBytes(0).Length;

    [Benchmark]
    public int[] List() => _list.Get<int[]>(0);

    private static Row Of(CqlType type, object? value) => SomeRows.Of(1, (type, value))[0];
}
