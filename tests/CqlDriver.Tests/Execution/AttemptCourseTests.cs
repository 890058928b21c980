using System.Reflection;
using System.Runtime.CompilerServices;
using CqlDriver.Connections;
using CqlDriver.Execution;
using CqlDriver.Routing;
using CqlDriver.Tests.Support;

namespace CqlDriver.Tests.Execution;

public class AttemptCourseTests
{
    [Fact]
    public void What_is_cleared_remembers_nothing_but_the_plan_that_the_next_one_overwrites()
    {
        object course = default(AttemptCourse);
        var fields = typeof(AttemptCourse).GetFields(BindingFlags.Instance | BindingFlags.NonPublic).Where(field => field.FieldType != typeof(QueryPlan)).ToArray();
        foreach (var field in fields)
        {
            field.SetValue(course, Something(field.FieldType));
        }

        typeof(AttemptCourse).GetMethod(nameof(AttemptCourse.Clear))!.Invoke(course, null);

        fields.Should().NotBeEmpty().And.OnlyContain(field => Equals(field.GetValue(course), field.GetValue(default(AttemptCourse))));
    }

    private static object Something(Type type) =>
        type == typeof(bool) ? true
        : type == typeof(int) ? 7
        : type == typeof(long) ? 7L
        : type == typeof(IPooledConnection) ? RuntimeHelpers.GetUninitializedObject(typeof(FakeConnection))
        : RuntimeHelpers.GetUninitializedObject(type);
}
