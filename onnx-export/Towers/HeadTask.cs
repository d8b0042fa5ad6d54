namespace Tips.OnnxExport.Towers;

/// <summary>What a head predicts for every pixel.</summary>
internal enum HeadTask
{
    /// <summary>Distance from the camera in meters.</summary>
    Depth,

    /// <summary>Direction of the surface.</summary>
    Normals,

    /// <summary>Class.</summary>
    Segmentation,
}

internal static class HeadTasks
{
    public static IReadOnlyList<HeadTask> All { get; } = Enum.GetValues<HeadTask>();

    /// <summary>The task with a name; null if there is none.</summary>
    public static HeadTask? TryParse(string name) => All.Cast<HeadTask?>().FirstOrDefault(task => task!.Value.Name() == name);

    /// <summary>The name in keys of checkpoints, in names of weights and files, and on the command line.</summary>
    public static string Name(this HeadTask task) => task switch
    {
        HeadTask.Depth => "depth",
        HeadTask.Normals => "normals",
        HeadTask.Segmentation => "segmentation",
        _ => throw new ArgumentOutOfRangeException(nameof(task), task, "Unknown task."),
    };
}
