using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace Tips.MLNet.Tests.Architecture;

/// <summary>
/// The room of every type of an assembly: the first folder of its source file, according to the portable PDB beside the assembly.
/// </summary>
internal sealed class RoomMap
{
    public const string Root = "root";

    // Roslyn records the source files of a type without method bodies, such as an enum, under this kind.
    private static readonly Guid TypeDefinitionDocuments = new("932E74BC-DBA9-4478-8D46-0F32A7BAB3D3");

    private readonly Dictionary<string, string> _rooms = [];

    /// <param name="assembly">Path of the assembly.</param>
    /// <param name="project">Name of the project's folder.</param>
    public RoomMap(string assembly, string project)
    {
        using var image = new PEReader(File.OpenRead(assembly));
        using var symbols = MetadataReaderProvider.FromPortablePdbStream(File.OpenRead(Path.ChangeExtension(assembly, ".pdb")));
        MetadataReader metadata = image.GetMetadataReader(), pdb = symbols.GetMetadataReader();
        foreach (var handle in metadata.TypeDefinitions)
        {
            // The code of a lambda or an async method is in a nested type.
            string name = OutermostName(metadata, handle);
            if (_rooms.ContainsKey(name)) continue;
            var documents = Documents(handle, metadata.GetTypeDefinition(handle), pdb)
                .Select(document => pdb.GetString(pdb.GetDocument(document).Name).Replace('\\', '/'));
            var rooms = documents.Select(document => RoomOf(document, project));
            if (rooms.FirstOrDefault(room => room is not null) is { } room) _rooms[name] = room;
        }
    }

    /// <summary>Rooms by the full names of types that are not nested.</summary>
    public IReadOnlyDictionary<string, string> Rooms => _rooms;

    private static string OutermostName(MetadataReader metadata, TypeDefinitionHandle handle)
    {
        var type = metadata.GetTypeDefinition(handle);
        while (type.GetDeclaringType() is { IsNil: false } outer) type = metadata.GetTypeDefinition(outer);
        string space = metadata.GetString(type.Namespace), name = metadata.GetString(type.Name);
        return space.Length == 0 ? name : $"{space}.{name}";
    }

    private static IEnumerable<DocumentHandle> Documents(TypeDefinitionHandle handle, TypeDefinition type, MetadataReader pdb)
    {
        foreach (var information in pdb.GetCustomDebugInformation(handle).Select(pdb.GetCustomDebugInformation))
        {
            if (pdb.GetGuid(information.Kind) != TypeDefinitionDocuments) continue;
            var blob = pdb.GetBlobReader(information.Value);
            while (blob.RemainingBytes > 0) yield return MetadataTokens.DocumentHandle(blob.ReadCompressedInteger());
        }

        foreach (var method in type.GetMethods())
        {
            var information = pdb.GetMethodDebugInformation(method);
            foreach (var point in information.GetSequencePoints().Where(p => !p.IsHidden)) yield return point.Document;
        }
    }

    // Sources that the build makes from a room's .proto are under obj/…/ROOM; those of source generators have no room.
    private static string? RoomOf(string document, string project)
    {
        int start = document.LastIndexOf($"/{project}/", StringComparison.Ordinal);
        if (start < 0) return null;
        string[] parts = document[(start + project.Length + 2)..].Split('/');
        if (parts[0] == "obj") return parts.Length > 4 && !parts[^1].EndsWith(".g.cs", StringComparison.Ordinal) ? parts[^2] : null;
        return parts.Length == 1 ? Root : parts[0];
    }
}
