// What the rows in memory cost: bytes a sample, how long a sample takes to be added and to be read, and a series of which the last minute
// is read, or asked whether there is any row in it.
// node bench/recent-rows.ts [--series 24000] [--rows 60] [--seed 1] [--rounds 3]
// Beside it how long this machine takes to parse the same numbers as JSON, so that figures of two machines can be compared.
import { parseArgs } from "node:util";
import { RecentCursor } from "../store/embedded/metrics/recent-cursor.ts";
import { RecentRows } from "../store/embedded/metrics/recent-rows.ts";
import { HOUR_MS, RowBuffer } from "../store/embedded/metrics/row-buffer.ts";
import { RowScratch } from "../store/embedded/metrics/row-scratch.ts";
import { mixed } from "./random-updates.ts";

const { values: options } = parseArgs({
  options: {
    series: { type: "string", default: "24000" },
    rows: { type: "string", default: "60" },
    seed: { type: "string", default: "1" },
    rounds: { type: "string", default: "3" },
  },
});
const [SERIES, ROWS, SEED, ROUNDS] = [options.series, options.rows, options.seed, options.rounds].map(Number) as [
  number,
  number,
  number,
  number,
];
const TICK_MS = 10_000;
const WIDE = 10;
/** So many rows are read into one place, as questions do. */
const BLOCK_ROWS = 100_000;

/** A value of a series at a tick: counters of different pace, some that stand still, gauges with and without a point. */
type ColumnKind = (series: number, tick: number) => number;
const random = (series: number, tick: number, below: number): number => mixed(SEED ^ series, tick) % below;
const counter =
  (pace: number): ColumnKind =>
  (series, tick) =>
    1e6 * random(series, -1, 1_000) + pace * tick + random(series, tick, pace);
const COLUMNS: readonly ColumnKind[] = [
  ...[50_000, 300, 20_000, 40].map(counter),
  ...[0, 0, 0].map(() => (series: number) => random(series, -2, 100)),
  (series, tick) => 1e9 + 4_096 * random(series, tick, 1_000),
  (series, tick) => random(series, tick, 10_000) / 100,
  (series, tick) => (random(series, tick, 1e6) * 100) / 999_983,
];

function buffersOf(kinds: readonly ColumnKind[], series: number): readonly RowBuffer[] {
  const columns = kinds.map((_, place) => `c${place}`);
  return Array.from({ length: ROWS }, (_, tick) => {
    const buffer = new RowBuffer({ table: "t", columns }, 0, series);
    for (let id = 0; id < series; id++) {
      const row = buffer.add(id, tick * TICK_MS + random(id, tick, 4));
      for (const [column, value] of kinds.entries()) buffer.put(row, column, value(id, tick));
    }
    return buffer;
  });
}

function cpuSecondsOf(work: () => void): number {
  const cpu = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(cpu);
  return (user + system) / 1e6;
}

function bench(what: string, kinds: readonly ColumnKind[], series: number): void {
  const buffers = buffersOf(kinds, series);
  const samples = series * ROWS * kinds.length;
  const scratch = new RowScratch();
  const ids = Int32Array.from({ length: series }, (_, id) => id);
  const everyColumn = (fromMs: number, ask: (id: number, cursor: RecentCursor) => void) =>
    cpuSecondsOf(() => {
      for (let column = 0; column < kinds.length; column++) {
        const cursor = new RecentCursor(rows, { column, fromMs, toMs: HOUR_MS, beginMs: 0 }, ids);
        for (const id of ids) ask(id, cursor);
        cursor.close();
      }
    });
  let rows = new RecentRows(kinds.length);
  for (let round = 0; round < ROUNDS; round++) {
    rows.giveUp();
    rows = new RecentRows(kinds.length);
    const added = cpuSecondsOf(() => {
      for (const buffer of buffers) rows.add(buffer);
    });
    let [read, present, length] = [0, 0, 0];
    const asked = everyColumn(0, (id, cursor) => {
      if (length > BLOCK_ROWS) length = 0;
      const end = cursor.copy(id, scratch, length);
      read += end - length;
      length = end;
    });
    const lastMinute = everyColumn((ROWS - 6) * TICK_MS, (id, cursor) => void cursor.copy(id, scratch, 0));
    const looked = everyColumn((ROWS - 6) * TICK_MS, (id, cursor) => {
      if (cursor.has(id, true)) present++;
    });
    if (read !== samples || present !== series * kinds.length) throw new Error(`${read} of ${samples} samples`);
    const line = [
      (rows.bytes / samples).toFixed(2),
      nanoseconds(added, samples),
      nanoseconds(asked, samples),
      ...[lastMinute, looked].map((seconds) => nanoseconds(seconds, series * kinds.length)),
    ];
    console.log(`| ${what} | ${(samples / 1e6).toFixed(1)} | ${line.join(" | ")} |`);
  }
  for (const buffer of buffers) buffer.giveBack();
}

function nanoseconds(seconds: number, samples: number): string {
  return ((seconds * 1e9) / samples).toFixed(1);
}

/** Nanoseconds a number of ten digits takes in `JSON.parse`. */
function yardstick(): string {
  const text = JSON.stringify(Array.from({ length: 1_000_000 }, (_, place) => 1e9 + random(place, 0, 1e8)));
  JSON.parse(text);
  return nanoseconds(
    cpuSecondsOf(() => JSON.parse(text)),
    1_000_000,
  );
}

console.log(`seed ${SEED}, ${SERIES} series, ${ROWS} rows each; JSON.parse: ${yardstick()} ns a number`);
console.log(
  "| rows | million samples | bytes a sample | CPU ns to add | CPU ns to read | CPU ns a series: last minute | any there |",
);
console.log("|---|---|---|---|---|---|---|");
bench(`${WIDE} columns`, COLUMNS, SERIES);
for (const [name, kind] of [
  ["counters", counter(300)],
  ["constants", () => 1],
  ["floats", (s: number, t: number) => random(s, t, 1e6) / 999_983],
] as const) {
  bench(`narrow ${name}`, [kind], SERIES * 5);
}
