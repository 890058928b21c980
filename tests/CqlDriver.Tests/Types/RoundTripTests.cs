using CqlDriver.Types;

namespace CqlDriver.Tests.Types;

/// <summary>Random types and values: what is written, read and written again is the same, by each path.</summary>
public sealed class RoundTripTests
{
    private const int Worlds = 3_000;

    [Fact]
    public void Values_of_any_type_survive_as_natural_counterparts()
    {
        for (var seed = 0; seed < Worlds; seed++)
        {
            var generator = new ValueGenerator(seed);
            var type = generator.Type(depth: 4);
            var bytes = Wire.Content(type, generator.Value(type));
            var again = Wire.Content(type, CodecRegistry.Default.ReadObject(bytes, type));
            again.Should().Equal(bytes, $"seed {seed} of {type}");
        }
    }

    [Fact]
    public void Values_of_any_type_survive_as_typed_counterparts()
    {
        for (var seed = 0; seed < Worlds / 6; seed++)
        {
            var generator = new ValueGenerator(seed);
            var type = generator.Type(depth: 3);
            var bytes = Wire.Content(type, generator.Value(type));
            VectorTypes.Call(typeof(RoundTripTests), nameof(CheckTyped), VectorTypes.ClrTypeOf(type), type, bytes, seed);
        }
    }

    [Fact]
    public void Types_survive_in_their_own_spelling()
    {
        for (var seed = 0; seed < Worlds; seed++)
        {
            var users = new Dictionary<string, CqlUserType>();
            var type = new ValueGenerator(seed).Type(depth: 4);
            Collect(type, users);
            CqlTypeParser.Parse(type.ToString(), "", (_, name) => users[name]).Should().Be(type);
            type.GetHashCode().Should().Be(new ValueGenerator(seed).Type(depth: 4).GetHashCode());
        }

        static void Collect(CqlType type, Dictionary<string, CqlUserType> users)
        {
            foreach (var part in Parts(type))
            {
                Collect(part, users);
            }

            if (type is CqlUserType user)
            {
                users[user.Name] = user;
            }
        }
    }

    private static IEnumerable<CqlType> Parts(CqlType type) => type switch
    {
        CqlListType list => [list.Element],
        CqlSetType set => [set.Element],
        CqlVectorType vector => [vector.Element],
        CqlMapType map => [map.Key, map.Value],
        CqlTupleType tuple => tuple.Elements,
        CqlUserType user => user.Fields.Select(field => field.Type),
        _ => [],
    };

    private static void CheckTyped<T>(CqlType type, byte[] bytes, int seed) =>
        Wire.Content(type, Wire.Read<T>(type, bytes)).Should().Equal(bytes, $"seed {seed} of {type} as {typeof(T)}");
}
