using System.Collections.Concurrent;
using CsCheck;
using Microsoft.ML;
using Microsoft.ML.Data;
using Tips.MLNet.Pipelines.Batching;

namespace Tips.MLNet.Tests.Pipelines.Batching;

/// <summary>The cursor that reads ahead, with a cheap transform behind it.</summary>
[TestClass]
public class MappedDataViewTests
{
    private readonly MLContext _ml = new(seed: 1);

    [TestMethod]
    public void Every_row_gets_its_own_value_whatever_the_batch_size() => Gen.Select(Gen.Int[0, 40], Gen.Int[1, 9]).Sample(
        (rows, batchSize) =>
        {
            var view = new MappedDataView(Rows(rows), new SumMapping(batchSize));
            CollectionAssert.AreEqual(Enumerable.Range(0, rows).Select(i => i + 1000f).ToArray(), view.GetColumn<float>("Sum").ToArray());
        },
        iter: 100);

    [TestMethod]
    public void Batches_start_with_one_row_and_double_up_to_the_batch_size()
    {
        var mapping = new SumMapping(4);
        _ = new MappedDataView(Rows(17), mapping).GetColumn<float>("Sum").Count();
        CollectionAssert.AreEqual(new[] { 1, 2, 4, 4, 4, 2 }, mapping.Batches);
        var odd = new SumMapping(6);
        _ = new MappedDataView(Rows(20), odd).GetColumn<float>("Sum").Count();
        CollectionAssert.AreEqual(new[] { 1, 2, 4, 6, 6, 1 }, odd.Batches);
    }

    /// <summary>The cost of one row must not depend on the batch size.</summary>
    [TestMethod]
    public void The_first_row_reads_at_most_three_rows()
    {
        var mapping = new SumMapping(256);
        var view = new MappedDataView(Rows(1000), mapping);
        Assert.AreEqual(1000f, view.GetColumn<float>("Sum").First());
        Assert.IsLessThanOrEqualTo(3, mapping.Read);
    }

    [TestMethod]
    public void A_mapping_without_batches_does_not_read_ahead()
    {
        var mapping = new SumMapping(0);
        var view = new MappedDataView(Rows(10), mapping);
        using (var cursor = view.GetRowCursor(view.Schema))
        {
            var get = cursor.GetGetter<float>(view.Schema["Sum"]);
            float sum = 0;
            for (int i = 0; i < 3; i++)
            {
                Assert.IsTrue(cursor.MoveNext());
                Assert.AreEqual(i, mapping.Read, "a row is computed when it is asked for");
                get(ref sum);
                get(ref sum);
                Assert.AreEqual(i + 1000f, sum);
                Assert.AreEqual(i + 1, mapping.Read);
            }
        }

        CollectionAssert.AreEqual(Enumerable.Range(0, 10).Select(i => i + 1000f).ToArray(), view.GetColumn<float>("Sum").ToArray());
    }

    [TestMethod]
    public void Nothing_is_computed_unless_it_is_asked_for()
    {
        var mapping = new SumMapping(4);
        var view = new MappedDataView(Rows(10), mapping);
        Assert.AreEqual(10L, view.GetRowCount());
        CollectionAssert.AreEqual(Enumerable.Range(0, 10).Select(i => $"name {i}").ToArray(), view.GetColumn<string>("Name").ToArray());
        Assert.AreEqual(0, mapping.Read);
        using var unmoved = view.GetRowCursor(view.Schema);
        Assert.AreEqual(0, mapping.Read);
    }

    [TestMethod]
    public void At_most_two_batches_are_read_ahead()
    {
        var mapping = new SumMapping(4);
        var view = new MappedDataView(Rows(100), mapping);
        using (var cursor = view.GetRowCursor(view.Schema))
        {
            for (int i = 0; i < 4; i++) Assert.IsTrue(cursor.MoveNext()); // on the first row of the first full batch
            SpinWait.SpinUntil(() => mapping.Read == 11, TimeSpan.FromSeconds(10));
            Thread.Sleep(20); // time enough to read a third batch if nothing stopped it
        }

        Assert.AreEqual(1 + 2 + 4 + 4, mapping.Read);
    }

    [TestMethod]
    public void Rows_keep_their_ids_positions_and_other_columns()
    {
        var view = new MappedDataView(Rows(11), new SumMapping(3));
        using var cursor = view.GetRowCursor(view.Schema);
        using var plain = Rows(11).GetRowCursor(Rows(11).Schema);
        var id = cursor.GetIdGetter();
        var plainId = plain.GetIdGetter();
        var name = cursor.GetGetter<ReadOnlyMemory<char>>(view.Schema["Name"]);
        var vector = cursor.GetGetter<VBuffer<float>>(view.Schema["Vector"]);
        DataViewRowId left = default, right = default;
        ReadOnlyMemory<char> text = default;
        VBuffer<float> values = default;
        for (int i = 0; i < 11; i++)
        {
            Assert.IsTrue(cursor.MoveNext() && plain.MoveNext());
            Assert.AreEqual(i, cursor.Position);
            id(ref left);
            plainId(ref right);
            Assert.AreEqual(right, left);
            name(ref text);
            Assert.AreEqual($"name {i}", text.ToString());
            vector(ref values);
            CollectionAssert.AreEqual(new float[] { i, -i }, values.DenseValues().ToArray());
        }

        Assert.IsFalse(cursor.MoveNext());
        Assert.IsFalse(cursor.MoveNext());
        Assert.AreEqual(-1L, cursor.Position);
    }

    [TestMethod]
    public void A_cursor_set_covers_every_row_once()
    {
        var view = new MappedDataView(_ml.Data.Cache(Rows(5000)), new SumMapping(7));
        foreach (int n in (int[])[1, 2, 4])
        {
            var seen = new List<float>();
            foreach (var cursor in view.GetRowCursorSet(view.Schema, n))
            {
                using (cursor)
                {
                    var get = cursor.GetGetter<float>(view.Schema["Sum"]);
                    float value = 0;
                    while (cursor.MoveNext())
                    {
                        get(ref value);
                        seen.Add(value);
                    }
                }
            }

            seen.Sort();
            CollectionAssert.AreEqual(Enumerable.Range(0, 5000).Select(i => i + 1000f).ToArray(), seen);
        }
    }

    [TestMethod]
    public void A_shuffled_cursor_sees_the_shuffled_rows()
    {
        var view = new MappedDataView(_ml.Data.Cache(Rows(50)), new SumMapping(7));
        using var cursor = view.GetRowCursor(view.Schema, new Random(3));
        var value = cursor.GetGetter<float>(view.Schema["Value"]);
        var sum = cursor.GetGetter<float>(view.Schema["Sum"]);
        var order = new List<float>();
        float a = 0, b = 0;
        while (cursor.MoveNext())
        {
            value(ref a);
            sum(ref b);
            Assert.AreEqual(a + 1000, b);
            order.Add(a);
        }

        CollectionAssert.AreNotEqual(Enumerable.Range(0, 50).Select(i => (float)i).ToArray(), order);
        CollectionAssert.AreEquivalent(Enumerable.Range(0, 50).Select(i => (float)i).ToArray(), order);
    }

    /// <summary>As everywhere in ML.NET, a value that cannot be computed fails only for those who ask for it.</summary>
    [TestMethod]
    [DataRow(0f)]
    [DataRow(2f)]
    [DataRow(9f)]
    [DataRow(19f)]
    public void A_row_that_cannot_be_read_fails_when_it_is_read_and_no_other_row_does(float bad)
    {
        var view = new MappedDataView(Rows(20), new SumMapping(4) { FailAt = bad });
        using var cursor = view.GetRowCursor(view.Schema);
        var get = cursor.GetGetter<float>(view.Schema["Sum"]);
        float sum = 0;
        for (int i = 0; i < 20; i++)
        {
            Assert.IsTrue(cursor.MoveNext());
            if (i == bad)
            {
                Assert.AreEqual($"cannot read {bad}", Assert.ThrowsExactly<InvalidOperationException>(() => get(ref sum)).Message);
                continue;
            }

            get(ref sum);
            Assert.AreEqual(i + 1000f, sum);
        }

        Assert.IsFalse(cursor.MoveNext());
        Assert.HasCount(20, view.GetColumn<float>("Value"), "nobody asked for the sum");
    }

    /// <summary>The rows before the failure are good and come first, however they are split into blocks.</summary>
    [TestMethod]
    [DataRow(0)]
    [DataRow(1)]
    [DataRow(5)]
    [DataRow(7)]
    public void A_source_that_fails_does_so_after_its_good_rows(int good)
    {
        var rows = _ml.Data.LoadFromEnumerable(Failing());
        using var cursor = new MappedDataView(rows, new SumMapping(4)).GetRowCursor(new MappedDataView(rows, new SumMapping(4)).Schema);
        for (int i = 0; i < good; i++) Assert.IsTrue(cursor.MoveNext());
        Assert.AreEqual("source", Assert.ThrowsExactly<FormatException>(() => cursor.MoveNext()).Message);
        Assert.IsFalse(cursor.MoveNext());

        IEnumerable<Row> Failing()
        {
            for (int i = 0; i < good; i++) yield return new Row { Value = i, Vector = [i, i] };
            throw new FormatException("source");
        }
    }

    [TestMethod]
    public void A_failing_run_ends_the_cursor()
    {
        var view = new MappedDataView(Rows(20), new SumMapping(4) { FailRunAt = 6 });
        using var cursor = view.GetRowCursor(view.Schema);
        for (int i = 0; i < 3; i++) Assert.IsTrue(cursor.MoveNext());
        Assert.AreEqual("cannot run 6", Assert.ThrowsExactly<InvalidOperationException>(() => cursor.MoveNext()).Message);
        Assert.IsFalse(cursor.MoveNext());
    }

    // A background read may be under way when its cursor is disposed; it must not crash, and its error must not surface.
    [TestMethod]
    public void Disposing_early_is_quiet()
    {
        for (int moves = 0; moves < 12; moves++)
        {
            var view = new MappedDataView(Rows(20), new SumMapping(4) { FailAt = 13 });
            var cursor = view.GetRowCursor(view.Schema);
            for (int i = 0; i < moves; i++) cursor.MoveNext();
            cursor.Dispose();
            cursor.Dispose();
            Assert.ThrowsExactly<ObjectDisposedException>(() => cursor.MoveNext());
        }
    }

    [TestMethod]
    public void A_passed_column_that_fails_does_so_only_for_those_who_read_it()
    {
        var rows = _ml.Data.LoadFromEnumerable(Enumerable.Range(0, 6).Select(i => new FragileRow { Value = i }));
        var view = new MappedDataView(rows, new SumMapping(4));
        using var cursor = view.GetRowCursor(view.Schema);
        var sum = cursor.GetGetter<float>(view.Schema["Sum"]);
        var twice = cursor.GetGetter<float>(view.Schema["Twice"]);
        float value = 0;
        for (int i = 0; i < 6; i++)
        {
            Assert.IsTrue(cursor.MoveNext());
            sum(ref value);
            Assert.AreEqual(i + 1000f, value);
            if (i == 3)
            {
                Assert.AreEqual("row 3", Assert.ThrowsExactly<FormatException>(() => twice(ref value)).Message);
            }
            else
            {
                twice(ref value);
                Assert.AreEqual(2f * i, value);
            }
        }
    }

    [TestMethod]
    public void A_cursor_set_has_one_cursor_for_batched_columns_and_as_many_as_asked_for_otherwise()
    {
        var source = new AskedView(Rows(20));
        var view = new MappedDataView(source, new SumMapping(7));
        foreach (var cursor in view.GetRowCursorSet(view.Schema, 64)) cursor.Dispose();
        foreach (var cursor in view.GetRowCursorSet(view.Schema, 3)) cursor.Dispose();
        foreach (var cursor in view.GetRowCursorSet([view.Schema["Value"]], 64)) cursor.Dispose();
        CollectionAssert.AreEqual(new[] { 64 }, source.Asked);
    }

    /// <summary>A live source: no row is coming, and perhaps none ever will.</summary>
    [TestMethod]
    public void Disposing_does_not_wait_for_an_idle_source()
    {
        using var queue = new BlockingCollection<Row>();
        for (int i = 0; i < 6; i++) queue.Add(new Row { Value = i, Vector = [i, i] });
        var view = new MappedDataView(_ml.Data.LoadFromEnumerable(queue.GetConsumingEnumerable()), new SumMapping(2));
        var cursor = view.GetRowCursor(view.Schema);
        for (int i = 0; i < 4; i++) Assert.IsTrue(cursor.MoveNext());
        Assert.IsTrue(Task.Run(cursor.Dispose).Wait(TimeSpan.FromSeconds(30)), "disposing waits forever");
        Assert.ThrowsExactly<ObjectDisposedException>(() => cursor.MoveNext());
        queue.CompleteAdding();
    }

    [TestMethod]
    public void Misuse_is_reported()
    {
        var view = new MappedDataView(Rows(3), new SumMapping(2));
        using var cursor = view.GetRowCursor([view.Schema["Sum"]]);
        Assert.Contains(
            "Column 'Name' is not active",
            Assert.ThrowsExactly<ArgumentException>(() => cursor.GetGetter<ReadOnlyMemory<char>>(view.Schema["Name"])).Message);
        Assert.Contains(
            "Column 'Sum' has values of type System.Single, not System.Double",
            Assert.ThrowsExactly<ArgumentException>(() => cursor.GetGetter<double>(view.Schema["Sum"])).Message);
        Assert.IsTrue(cursor.IsColumnActive(view.Schema["Sum"]));
        Assert.IsFalse(cursor.IsColumnActive(view.Schema["Name"]));
        float value = 0;
        var get = cursor.GetGetter<float>(view.Schema["Sum"]);
        Assert.ThrowsExactly<InvalidOperationException>(() => get(ref value));
    }

    [TestMethod]
    public void A_column_may_hide_another_of_the_same_name()
    {
        var once = new MappedDataView(Rows(3), new SumMapping(2));
        var twice = new MappedDataView(once, new SumMapping(2));
        Assert.AreEqual(once.Schema.Count + 1, twice.Schema.Count);
        CollectionAssert.AreEqual(new[] { 1000f, 1001, 1002 }, twice.GetColumn<float>("Sum").ToArray());
    }

    private IDataView Rows(int count)
    {
        var rows = Enumerable.Range(0, count).Select(i => new Row { Value = i, Name = $"name {i}", Vector = [i, -i] });
        return _ml.Data.LoadFromEnumerable(rows.ToArray());
    }

    /// <summary>Remembers how many cursors it was asked for.</summary>
    private sealed class AskedView(IDataView input) : IDataView
    {
        public List<int> Asked { get; } = [];

        public bool CanShuffle => input.CanShuffle;

        public DataViewSchema Schema => input.Schema;

        public long? GetRowCount() => input.GetRowCount();

        public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
            => input.GetRowCursor(columnsNeeded, rand);

        public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
        {
            Asked.Add(n);
            return input.GetRowCursorSet(columnsNeeded, n, rand);
        }
    }

    private sealed class FragileRow
    {
        public float Value { get; set; }

        public float Twice
        {
            get => Value == 3 ? throw new FormatException("row 3") : 2 * Value;
            set => _ = value;
        }
    }

    private sealed class Row
    {
        public float Value { get; set; }

        public string Name { get; set; } = "";

        [VectorType(2)]
        public float[] Vector { get; set; } = [];
    }
}
