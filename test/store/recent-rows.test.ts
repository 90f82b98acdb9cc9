import fc from "fast-check";
import { expect, test } from "vitest";
import { ColumnBatch } from "../../store/embedded/metrics/column-batch.ts";
import { RecentRows } from "../../store/embedded/metrics/recent-rows.ts";
import { HOUR_MS, RowBuffer } from "../../store/embedded/metrics/row-buffer.ts";

interface TestRow {
  readonly series: number;
  readonly ms: number;
  /** Places of `VALUES`; more of them than there are columns. */
  readonly values: readonly bigint[];
}

/** Numbers by their bits: a NaN that goes through a number may lose some. */
const bitsOf = (value: number): bigint => new BigUint64Array(Float64Array.of(value).buffer)[0] ?? 0n;
const SPECIAL: readonly bigint[] = [
  ...[0, -0, 1, -1, 0.5, 0.1, 12.34, -0.001, 1e300, 5e-324, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  ...[
    Number.NaN,
    2 ** 31,
    2 ** 32,
    2 ** 46,
    2 ** 47,
    -(2 ** 47),
    2 ** 53,
    -(2 ** 53),
    2 ** 53 - 1,
    2 ** 63,
    2147483.648,
  ],
].map(bitsOf);
/** The stale marker, the same in its quiet form, and NaNs of other bits. */
const NANS = [0x7ff0000000000002n, 0x7ff8000000000002n, 0xfff8000000000000n, 0x7fffffffffffffffn, 0x7ff0000000000001n];
const bits = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...SPECIAL, ...NANS) },
  { weight: 3, arbitrary: fc.integer({ min: -300, max: 300 }).map(bitsOf) },
  { weight: 2, arbitrary: fc.integer({ min: -1e9, max: 1e9 }).map((hundredths) => bitsOf(hundredths / 100)) },
  { weight: 2, arbitrary: fc.maxSafeInteger().map(bitsOf) },
  { weight: 2, arbitrary: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) },
);
const MOST_COLUMNS = 5;
const row: fc.Arbitrary<TestRow> = fc.record({
  series: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constantFrom(64, 128, 8_000_000)),
  ms: fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: HOUR_MS - 1 })),
  values: fc.array(bits, { minLength: MOST_COLUMNS, maxLength: MOST_COLUMNS }),
});

function bufferOf(columns: number, rows: readonly TestRow[]): RowBuffer {
  const names = Array.from({ length: columns }, (_, column) => `c${column}`);
  const buffer = new RowBuffer({ table: "t", columns: names }, 0);
  for (const { series, ms, values } of rows) {
    const place = buffer.add(series, ms);
    for (const [column, numbers] of buffer.values.entries()) {
      new BigUint64Array(numbers.buffer)[place] = values[column] ?? 0n;
    }
  }
  return buffer;
}

type Sample = readonly [series: number, ms: number, bits: bigint];

function samplesOf(batches: Iterable<ColumnBatch>): readonly Sample[] {
  const samples: Sample[] = [];
  for (const { series, ms, values, length } of batches) {
    const words = new BigUint64Array(values.buffer, values.byteOffset, values.length);
    for (let place = 0; place < length; place++) {
      samples.push([series[place] ?? -1, ms[place] ?? -1, words[place] ?? 0n]);
    }
  }
  return samples;
}

/** Looks at every row, for each series. */
function expected(rows: readonly TestRow[], series: Iterable<number>, column: number, fromMs: number, toMs: number) {
  return [...series].flatMap((id) =>
    rows
      .filter((one) => one.series === id && one.ms >= fromMs && one.ms <= toMs)
      .map((one): Sample => [id, one.ms, one.values[column] ?? 0n]),
  );
}

test("rows come back bit by bit, by series, in the order they came", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: MOST_COLUMNS }),
      fc.array(fc.array(row, { maxLength: 40, size: "max" }), { maxLength: 12, size: "max" }),
      fc
        .tuple(fc.nat(30), fc.nat(HOUR_MS))
        .map(([one, other]) => [Math.min(one, other), Math.max(one, other)] as const),
      (columns, writes, [fromMs, toMs]) => {
        const rows = new RecentRows(columns);
        const batch = new ColumnBatch();
        for (const written of writes) rows.add(bufferOf(columns, written));
        const all = writes.flat();
        const series = Int32Array.of(128, 5, 0, 1, 2, 3, 8_000_000);
        for (let column = 0; column < columns; column++) {
          for (const [from, to] of [
            [0, HOUR_MS],
            [fromMs, toMs],
          ] as const) {
            const read = samplesOf(rows.read(series, { column, fromMs: from, toMs: to }, batch));
            expect(read).toEqual(expected(all, series, column, from, to));
          }
        }
      },
    ),
    { numRuns: 150 },
  );
});

const counted = (series: number, count: number, from = 0): readonly TestRow[] =>
  Array.from({ length: count }, (_, i) => ({ series, ms: (from + i) * 1_000, values: [bitsOf(1e6 + i * 77)] }));

test("whatever does not fit into a batch comes in the next, and a series that is longer than one comes whole", () => {
  const rows = new RecentRows(1);
  const batch = new ColumnBatch();
  const all = [...Array(30).keys()].flatMap((series) => counted(series, series === 7 ? batch.room + 1 : 700));
  rows.add(bufferOf(1, all));
  const series = Int32Array.from({ length: 30 }, (_, id) => id);
  expect(samplesOf(rows.read(series, { column: 0, fromMs: 0, toMs: 1e9 }, batch))).toEqual(
    expected(all, series, 0, 0, 1e9),
  );
});

test("rows that take a byte each come back, however many there are", () => {
  const rows = new RecentRows(1);
  const all = Array.from({ length: 5_000 }, (_, i): TestRow => ({ series: 1, ms: i * 100, values: [bitsOf(5)] }));
  rows.add(bufferOf(1, all));
  const series = Int32Array.of(1);
  const read = samplesOf(rows.read(series, { column: 0, fromMs: 0, toMs: HOUR_MS }, new ColumnBatch()));
  expect(read).toEqual(expected(all, series, 0, 0, HOUR_MS));
});

test("many series keep their rows apart while tables and slabs grow", () => {
  const rows = new RecentRows(3);
  const batch = new ColumnBatch();
  const written = Array.from({ length: 4 }, (_, tick) =>
    Array.from({ length: 5_000 }, (__, id): TestRow => {
      return { series: id * 3, ms: tick * 10_000, values: [bitsOf(id), bitsOf(id + tick / 3), bitsOf(tick * 1e5)] };
    }),
  );
  for (const some of written) rows.add(bufferOf(3, some));
  const series = Int32Array.from({ length: 5_000 }, (_, id) => id * 3);
  const byId = written.flat().sort((left, right) => left.series - right.series);
  for (const column of [0, 1, 2]) {
    const read = samplesOf(rows.read(series, { column, fromMs: 0, toMs: HOUR_MS }, batch));
    expect(read).toEqual(byId.map(({ series: id, ms, values }) => [id, ms, values[column]]));
  }
});

test("who reads has the rows that were there at the beginning, whatever is added and even if they are given up", () => {
  const rows = new RecentRows(1);
  const batch = new ColumnBatch();
  const before = [1, 2, 3].flatMap((id) => counted(id, 4_000));
  rows.add(bufferOf(1, before));
  const series = Int32Array.of(1, 2, 3, 4);
  const reading = rows.read(series, { column: 0, fromMs: 0, toMs: 1e9 }, batch)[Symbol.iterator]();
  const first = reading.next();
  const read = first.done === true ? [] : [...samplesOf([first.value])];
  rows.add(
    bufferOf(
      1,
      [1, 2, 3, 4].flatMap((id) => counted(id, 3_000, 4_000)),
    ),
  );
  rows.giveUp();
  for (let next = reading.next(); next.done !== true; next = reading.next()) read.push(...samplesOf([next.value]));
  expect(read).toEqual(expected(before, series, 0, 0, 1e9));
  expect(rows.bytes).toBe(0);
});

test("a sample of a counter that is written at even times takes few bytes, one that stands still fewer", () => {
  const bytesOf = (value: (tick: number) => number): number => {
    const rows = new RecentRows(1);
    const series = 4_000;
    for (let tick = 0; tick < 100; tick++) {
      const written = Array.from({ length: series }, (_, id) => {
        return { series: id, ms: tick * 10_000, values: [bitsOf(id * 1e6 + value(tick))] };
      });
      rows.add(bufferOf(1, written));
    }
    return rows.bytes / (series * 100);
  };
  expect(bytesOf(() => 0)).toBeLessThan(3);
  expect(bytesOf((tick) => tick * 500 + (tick % 7))).toBeLessThan(5.5);
  expect(bytesOf((tick) => (tick * 51) / 100)).toBeLessThan(5.5);
});
