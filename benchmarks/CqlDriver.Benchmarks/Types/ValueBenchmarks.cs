using BenchmarkDotNet.Attributes;
using CqlDriver.Types;

namespace CqlDriver.Benchmarks.Types;

/// <summary>Three values of a row, the ones the load generator writes, in and out without boxing.</summary>
[MemoryDiagnoser]
public class ValueBenchmarks
{
    private readonly GrowableBuffer _buffer = new();
    private readonly Guid _id = Guid.NewGuid();
    private readonly byte[] _idBytes = Guid.NewGuid().ToByteArray();
    private readonly byte[] _numberBytes = [0, 0, 0, 7];
    private readonly byte[] _textBytes = "value-00000"u8.ToArray();

    [Benchmark]
    public int Write()
    {
        var codecs = CodecRegistry.Default;
        _buffer.Clear();
        codecs.WriteValue(_buffer, CqlType.Uuid, _id);
        codecs.WriteValue(_buffer, CqlType.Int, 7);
        codecs.WriteValue(_buffer, CqlType.Text, "value-00000");
        return _buffer.Length;
    }

    [Benchmark]
    public int Read()
    {
        var codecs = CodecRegistry.Default;
        var id = codecs.ReadValue<Guid>(_idBytes, false, CqlType.Uuid);
        return id.GetHashCode() + codecs.ReadValue<int>(_numberBytes, false, CqlType.Int) + codecs.ReadValue<string>(_textBytes, false, CqlType.Text).Length;
    }
}
