using System.Reflection;
using System.Reflection.Emit;

namespace CqlDriver.Tests.Architecture;

/// <summary>Every type that a type mentions: in its bases, members, signatures, local variables and instructions.</summary>
internal static class TypeReferences
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<short, OpCode> OpCodesByValue = typeof(OpCodes).GetFields()
        .Select(field => (OpCode)field.GetValue(null)!)
        .ToDictionary(code => code.Value);

    /// <summary>The types named by <paramref name="type"/>, each with the member that names it.</summary>
    public static IEnumerable<(Type Named, string By)> Of(Type type)
    {
        IEnumerable<Type?> heading = [type.BaseType, .. type.GetInterfaces()];
        var members = type.GetFields(Declared).SelectMany(field => Parts(field.FieldType, field.Name))
            .Concat(type.GetProperties(Declared).SelectMany(property => Parts(property.PropertyType, property.Name)))
            .Concat(type.GetConstructors(Declared).SelectMany(Of))
            .Concat(type.GetMethods(Declared).SelectMany(Of));
        return heading.SelectMany(named => Parts(named, "its declaration")).Concat(members).Distinct();
    }

    private static IEnumerable<(Type, string)> Of(MethodBase method)
    {
        IEnumerable<Type?> types = method.GetParameters().Select(parameter => parameter.ParameterType);
        types = method is MethodInfo info ? types.Append(info.ReturnType) : types;
        if (method.GetMethodBody() is { } body)
        {
            types = types.Concat(body.LocalVariables.Select(local => local.LocalType)).Concat(Instructions(method, body.GetILAsByteArray()!));
        }

        return types.SelectMany(named => Parts(named, method.Name));
    }

    private static IEnumerable<(Type, string)> Parts(Type? type, string by)
    {
        for (; type is { HasElementType: true }; type = type.GetElementType())
        {
        }

        if (type is null || type.IsGenericParameter)
        {
            return [];
        }

        var self = type.IsGenericType ? type.GetGenericTypeDefinition() : type;
        return type.GetGenericArguments().SelectMany(argument => Parts(argument, by)).Prepend((self, by));
    }

    private static IEnumerable<Type?> Instructions(MethodBase method, byte[] code)
    {
        for (var position = 0; position < code.Length;)
        {
            short value = code[position++];
            value = value == 0xFE ? (short)((value << 8) | code[position++]) : value;
            var operand = OpCodesByValue[value].OperandType;
            if (operand is OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineTok or OperandType.InlineType)
            {
                foreach (var named in Resolve(method, BitConverter.ToInt32(code, position)))
                {
                    yield return named;
                }
            }

            position += OperandBytes(operand, code, position);
        }
    }

    private static IEnumerable<Type?> Resolve(MethodBase method, int token)
    {
        var typeArguments = method.DeclaringType!.IsGenericType ? method.DeclaringType.GetGenericArguments() : null;
        var methodArguments = method.IsGenericMethod ? method.GetGenericArguments() : null;
        var member = method.Module.ResolveMember(token, typeArguments, methodArguments);
        return member switch
        {
            Type type => [type],
            MethodInfo { IsGenericMethod: true } generic => generic.GetGenericArguments().Append(generic.DeclaringType),
            _ => [member?.DeclaringType],
        };
    }

    private static int OperandBytes(OperandType operand, byte[] code, int position) => operand switch
    {
        OperandType.InlineNone => 0,
        OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
        OperandType.InlineVar => 2,
        OperandType.InlineI8 or OperandType.InlineR => 8,
        OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(code, position)),
        _ => 4,
    };
}
