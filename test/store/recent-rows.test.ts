import { setImmediate } from "node:timers/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import { RecentRows } from "../../store/embedded/metrics/recent-rows.ts";
import { HOUR_MS } from "../../store/embedded/metrics/row-buffer.ts";
import {
  bitsOf,
  bufferOf,
  expectAnswers,
  expected,
  numberOf,
  read,
  type TestRow,
  usedSlabs,
} from "./fixtures/recent-rows.ts";

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

const SERIES = [128, 5, 0, 1, 2, 3, 8_000_000];
const span = (most: number) =>
  fc
    .tuple(fc.nat(most), fc.nat(most))
    .map(([one, other]) => ({ fromMs: Math.min(one, other), toMs: Math.max(one, other) }));

test("rows come back bit by bit, by series, in the order they came", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: MOST_COLUMNS }),
      fc.array(fc.array(row, { maxLength: 40, size: "max" }), { maxLength: 12, size: "max" }),
      fc.oneof(span(30), span(HOUR_MS)),
      (columns, writes, some) => {
        const rows = new RecentRows(columns, usedSlabs);
        for (const written of writes) rows.add(bufferOf(columns, written));
        for (let column = 0; column < columns; column++) {
          for (const asked of [{ fromMs: 0, toMs: HOUR_MS }, some]) {
            expectAnswers(rows, writes.flat(), SERIES, { column, ...asked });
          }
        }
      },
    ),
    { numRuns: 150 },
  );
});

/** Steps beside those that take a byte more. */
const EDGES = [8, 16, 24, 32].flatMap((power) =>
  [2 ** power, 2 ** (power - 1)].flatMap((edge) => [edge - 1, edge, edge + 1]),
);

/** What a column of a series looks like: the value of each row, of some random numbers. */
const KINDS: readonly ((random: number, place: number, before: bigint) => bigint)[] = [
  () => bitsOf(5),
  () => bitsOf(0),
  () => bitsOf(1 / 3),
  (_, place) => bitsOf(1e6 + place * 300),
  (random, place) => bitsOf(2 ** 40 + place * 1_000 + (random % 1_000)),
  (random, place) => bitsOf(place * 5_000_000 + (random % 5_000_000)),
  (random) => bitsOf(random % 200),
  (random) => bitsOf((random % 100_000) - 50_000),
  (random) => bitsOf(random - 2 ** 31),
  (random) => bitsOf((random % 10_000) / 100),
  (random, place) => bitsOf(place * 10 + (random % 10_000) / 1_000),
  (random) => bitsOf(random / 999_983),
  (random) => bitsOf(random % 4 === 0 ? Number.NaN : random % 50),
  (random) => bitsOf(random % 5 === 0 ? random / 7 : Number.NaN),
  () => bitsOf(Number.NaN),
  (random) => NANS[random % NANS.length] ?? 0n,
  (random) => SPECIAL[random % SPECIAL.length] ?? 0n,
  (random, _, before) => (random % 40 === 0 ? bitsOf(random) : before),
  (random, place) => bitsOf(place + (random % 30 === 0 ? 0.5 : 0)),
  (random, _, before) => bitsOf(numberOf(before) + (random % 3 === 0 ? (EDGES[random % EDGES.length] ?? 0) : 1)),
  (random, _, before) => bitsOf(numberOf(before) - (random % 3 === 0 ? (EDGES[random % EDGES.length] ?? 0) : 1)),
];

interface Column {
  readonly kind: number;
  /** Of the rows from one on the kind is another. */
  readonly turn: number;
  readonly next: number;
}

const column: fc.Arbitrary<Column> = fc.record({
  kind: fc.nat(KINDS.length - 1),
  turn: fc.nat(120),
  next: fc.nat(KINDS.length - 1),
});

test("of many rows of a series any span of any column comes back, whatever its values look like", () => {
  fc.assert(
    fc.property(
      fc.array(column, { minLength: 1, maxLength: 4 }),
      fc.array(fc.record({ random: fc.nat(2 ** 32 - 1), late: fc.constantFrom(0, 0, 0, 0, 3, -3, 25_000, -25_000) }), {
        minLength: 20,
        maxLength: 120,
        size: "max",
      }),
      fc.array(span(1_300_000), { minLength: 1, maxLength: 5 }),
      fc.nat(40),
      (columns, told, spans, slot) => {
        const rows = new RecentRows(columns.length, usedSlabs);
        const others = Array.from({ length: slot }, (_, id): TestRow => ({ series: id + 2, ms: 7, values: [1n, 2n] }));
        rows.add(bufferOf(columns.length, others));
        let before = columns.map(() => 0n);
        const all = told.map(({ random, late }, place): TestRow => {
          before = columns.map(({ kind, turn, next }, at) => {
            const mixed = Math.imul(random ^ place, 0x9e3779b1 + 2 * at) >>> 0;
            return KINDS[place < turn ? kind : next]?.(mixed, place, before[at] ?? 0n) ?? 0n;
          });
          return { series: 1, ms: Math.max(0, place * 10_000 + late), values: before };
        });
        // One at a time, so that every number of open rows is seen.
        for (const [place, one] of all.entries()) {
          rows.add(bufferOf(columns.length, [one]));
          if (place % 7 !== 0 && place + 1 < all.length) continue;
          for (const at of columns.keys()) {
            for (const asked of [{ fromMs: 0, toMs: HOUR_MS }, ...spans]) {
              expectAnswers(rows, all.slice(0, place + 1), [1], { column: at, ...asked });
            }
          }
        }
      },
    ),
    { numRuns: 200 },
  );
}, 60_000);

const counted = (series: number, count: number, from = 0): readonly TestRow[] =>
  Array.from({ length: count }, (_, i) => ({ series, ms: (from + i) * 1_000, values: [bitsOf(1e6 + i * 77)] }));

test("rows that take a byte each come back, however many there are", () => {
  const rows = new RecentRows(1);
  const all = Array.from({ length: 5_000 }, (_, i): TestRow => ({ series: 1, ms: i * 100, values: [bitsOf(5)] }));
  rows.add(bufferOf(1, all));
  expectAnswers(rows, all, [1], { column: 0, fromMs: 0, toMs: HOUR_MS });
});

test("many series keep their rows apart while tables and slabs grow", () => {
  const rows = new RecentRows(3);
  const written = Array.from({ length: 20 }, (_, tick) =>
    Array.from({ length: 5_000 }, (__, id): TestRow => {
      return { series: id * 3, ms: tick * 10_000, values: [bitsOf(id), bitsOf(id + tick / 3), bitsOf(tick * 1e5)] };
    }),
  );
  for (const some of written) rows.add(bufferOf(3, some));
  const series = Array.from({ length: 5_000 }, (_, id) => id * 3);
  const byId = written.flat().sort((left, right) => left.series - right.series);
  for (const column of [0, 1, 2]) {
    const samples = read(rows, series, { column, fromMs: 0, toMs: HOUR_MS });
    expect(samples).toEqual(byId.map(({ series: id, ms, values }) => [id, ms, values[column]]));
  }
});

test("a series goes on from its last value, after others came and by any step", () => {
  for (const edge of EDGES) {
    const rows = new RecentRows(1, usedSlabs);
    const values = Array.from({ length: 30 }, (_, i) => 100 + i + (i < 20 ? 0 : edge - 1));
    const all = values.map((value, i): TestRow => ({ series: 1, ms: i * 1_000, values: [bitsOf(value)] }));
    rows.add(bufferOf(1, all.slice(0, 20)));
    rows.add(
      bufferOf(
        1,
        [...Array(100).keys()].flatMap((id) => counted(id + 2, 1)),
      ),
    );
    rows.add(bufferOf(1, all.slice(20)));
    expectAnswers(rows, all, [1], { column: 0, fromMs: 0, toMs: HOUR_MS });
  }
});

test("who entered may read all rows until it leaves, though they are given up meanwhile", () => {
  const rows = new RecentRows(1);
  const all = [1, 2, 3].flatMap((id) => counted(id, 4_000));
  const span = { column: 0, fromMs: 0, toMs: 1e9 };
  rows.add(bufferOf(1, all));
  rows.enter();
  rows.enter();
  rows.giveUp();
  rows.leave();
  expectAnswers(rows, all, [1, 2, 3, 4], span);
  expect(rows.bytes).toBeGreaterThan(0);
  rows.leave();
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
  expect(bytesOf(() => 0)).toBeLessThan(4);
  expect(bytesOf((tick) => tick * 500 + (tick % 7))).toBeLessThan(5.5);
  expect(bytesOf((tick) => (tick * 51) / 100)).toBeLessThan(5.5);
  // One that is there now and then does not make chunks shorter.
  expect(bytesOf((tick) => (tick % 3 === 0 ? Number.NaN : tick * 500))).toBeLessThan(5.5);
});

test("a part that no rows come to any more becomes smaller, and answers what it did, in the middle of it too", async () => {
  const rows = new RecentRows(2, usedSlabs);
  const series = 5_000;
  const all = Array.from({ length: 20 * series }, (_, n) => {
    const [id, tick] = [n % series, Math.floor(n / series)];
    return { series: id, ms: 1_000 * tick + (id % 7), values: [bitsOf(id * 1e6 + tick * 300), bitsOf(id / 7)] };
  });
  rows.add(bufferOf(2, all));
  const span = { column: 0, fromMs: 3_000, toMs: 18_500 };
  const some = [0, 1_999, 2_000, 4_999, 5_000];
  const meant = expected(
    all.filter((one) => some.includes(one.series)),
    some,
    span,
  );
  const before = rows.bytes;
  const finished = rows.finish();
  for (let look = 0; look < 5; look++) {
    expect(read(rows, some, span)).toEqual(meant);
    await setImmediate();
  }
  await finished;
  expect(read(rows, some, span)).toEqual(meant);
  expect(read(rows, some, { ...span, column: 1 })).toHaveLength(meant.length);
  expect(rows.bytes).toBeLessThan(0.6 * before);
  expect(() => rows.add(bufferOf(2, all.slice(0, 1)))).toThrow(RangeError);
});

test("who gives a part up while it becomes smaller gets its memory back", async () => {
  const rows = new RecentRows(1);
  rows.add(
    bufferOf(
      1,
      Array.from({ length: 5_000 }, (_, id) => ({ series: id, ms: 1, values: [bitsOf(id)] })),
    ),
  );
  const finished = rows.finish();
  rows.giveUp();
  await finished;
  expect(rows.bytes).toBe(0);
});
