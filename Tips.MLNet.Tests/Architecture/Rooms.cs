namespace Tips.MLNet.Tests.Architecture;

/// <summary>The rooms of one assembly, and which of them use which.</summary>
internal sealed class Rooms
{
    private readonly IReadOnlyDictionary<string, string> _rooms;
    private readonly IReadOnlyDictionary<string, HashSet<string>> _references;

    public Rooms(System.Reflection.Assembly assembly, string project)
    {
        _rooms = new RoomMap(assembly.Location, project).Rooms;
        _references = new TypeReferences(assembly.Location).ByType;
    }

    /// <summary>Names of the rooms that hold a type.</summary>
    public string[] Names => [.. _rooms.Values.Distinct().Order(StringComparer.Ordinal)];

    /// <summary>Types without a room, except those that the compiler generates.</summary>
    public string[] TypesWithoutRoom =>
    [
        .. _references.Keys
            .Where(t => !_rooms.ContainsKey(t) && !t.Contains('<') && !IsGenerated(t))
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>Every use of one room by another: "Room.Type → OtherRoom.Type".</summary>
    public IEnumerable<(string From, string To, string Use)> Uses()
        => from type in _references
           where _rooms.ContainsKey(type.Key)
           from used in type.Value
           where _rooms.ContainsKey(used) && _rooms[used] != _rooms[type.Key]
           select (_rooms[type.Key], _rooms[used], $"{type.Key} → {used}");

    /// <summary>Uses of a type or a namespace outside the assembly by the types of a room.</summary>
    public string[] UsersOf(string room, params string[] prefixes)
        => [.. _references.Where(t => _rooms.GetValueOrDefault(t.Key) == room)
            .SelectMany(t => t.Value.Where(used => prefixes.Any(p => IsOrIsIn(used, p))).Select(used => $"{t.Key} → {used}"))];

    /// <summary>Rooms that depend on each other in a cycle, or nothing if there is no cycle.</summary>
    public string[] Cycle()
    {
        var uses = Uses().Select(u => (u.From, u.To)).Distinct().ToLookup(u => u.From, u => u.To);
        string[] left = Names;
        // A room that uses none of the remaining ones cannot be on a cycle or lead to one.
        for (string[] next; (next = [.. left.Where(room => uses[room].Any(left.Contains))]).Length < left.Length;) left = next;
        return left;
    }

    private static bool IsOrIsIn(string type, string prefix) => type == prefix || type.StartsWith(prefix + ".", StringComparison.Ordinal);

    private static bool IsGenerated(string type)
        => type.StartsWith("Microsoft.CodeAnalysis.", StringComparison.Ordinal)
            || type.StartsWith("System.Runtime.CompilerServices.", StringComparison.Ordinal)
            || type.StartsWith("System.Text.RegularExpressions.Generated", StringComparison.Ordinal);
}
