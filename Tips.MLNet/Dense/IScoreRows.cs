namespace Tips.MLNet.Dense;

/// <summary>Scores of every class at every point of a grid, row by row. Rows may be asked for by several threads at once.</summary>
internal interface IScoreRows
{
    int Rows { get; }

    int Columns { get; }

    int Classes { get; }

    /// <summary>Writes a row's scores, columns × classes.</summary>
    void CopyRow(int row, Span<float> destination);
}
