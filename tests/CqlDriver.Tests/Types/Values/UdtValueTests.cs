namespace CqlDriver.Tests.Types.Values;

public sealed class UdtValueTests
{
    private static readonly CqlUserType Person = SomeTypes.User;

    [Fact]
    public void Fields_are_set_and_read_by_name_and_ordinal_as_any_type_that_fits()
    {
        var value = new UdtValue(Person).Set("name", "Ada").Set(1, 36L);
        value.Get<string>("name").Should().Be("Ada");
        value.Get<short>("age").Should().Be(36);
        value[1].Should().Be(36);
        value["name"] = null;
        value.IsNull("name").Should().BeTrue();
        value.Get<string?>(0).Should().BeNull();
        value.ToString().Should().Be("ks.person{age}");
    }

    [Fact]
    public void What_does_not_fit_is_refused_where_it_is_set_or_read_and_names_the_field()
    {
        var value = new UdtValue(Person);
        Wire.Refused(() => value.Set("age", "old")).Message.Should().Be("field 'age': string cannot be written as int: use int.");
        Wire.Refused(() => value.Get<int>("age")).Message.Should().StartWith("field 'age': ").And.Contain("null");
        FluentActions.Invoking(() => value["height"]).Should().Throw<ArgumentException>().WithMessage("ks.person has no field 'height'*");
        FluentActions.Invoking(() => value[2]).Should().Throw<ArgumentOutOfRangeException>();
    }

    [Fact]
    public void Fields_the_type_gained_are_null_and_fields_it_gained_since_it_was_looked_up_are_passed_over()
    {
        byte[] shorter = [0, 0, 0, 1, 65];
        Wire.Read<UdtValue>(Person, shorter).Should().Be(new UdtValue(Person).Set("name", "A"));
        byte[] longer = [.. shorter, 255, 255, 255, 255, 0, 0, 0, 1, 9];
        Wire.Read<UdtValue>(Person, longer).IsNull("age").Should().BeTrue();
        Wire.Refused(() => Wire.Read<UdtValue>(Person, [0, 0, 0, 2, 65]));
    }

    [Fact]
    public void Empty_fields_stay_empty()
    {
        var value = Wire.Through(Person, new UdtValue(Person).Set("name", ""));
        value.IsNull("name").Should().BeFalse();
        value["name"].Should().Be("");
    }

    [Fact]
    public void Equal_are_values_of_one_type_with_the_same_bytes()
    {
        var value = new UdtValue(Person).Set("age", 1);
        var same = new UdtValue(Person).Set("age", (object)1);
        (value.Equals(same), value.GetHashCode()).Should().Be((true, same.GetHashCode()));
        value.Equals(new UdtValue(Person).Set("age", 2)).Should().BeFalse();
        value.Equals(new UdtValue(new CqlUserType("other", "person", Person.Fields)).Set("age", 1)).Should().BeFalse();
    }

    [Fact]
    public void A_value_of_another_type_is_refused()
    {
        var other = new CqlUserType("ks", "pet", Person.Fields);
        Wire.Refused(() => Wire.Write(other, new UdtValue(Person))).Message.Should().Contain("ks.person");
        Wire.Refused(() => Wire.Write(CqlType.Int, new UdtValue(Person)));
    }

    [Fact]
    public void Later_changes_of_what_was_set_change_nothing()
    {
        var type = new CqlUserType("ks", "t", [new CqlUserTypeField("data", CqlType.Blob)]);
        byte[] data = [1];
        var value = new UdtValue(type).Set("data", data);
        data[0] = 2;
        value.Get<byte[]>("data").Should().Equal(1);
    }
}
