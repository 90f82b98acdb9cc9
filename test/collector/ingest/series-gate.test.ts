import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Head } from "../../../collector/head/head.ts";
import { openLocalHead } from "../../../collector/head/local-head.ts";
import { TightScopes } from "../../../collector/head/tight-scopes.ts";
import { checkLines } from "../../../collector/ingest/check-lines.ts";
import { createSeriesGate } from "../../../collector/ingest/series-gate.ts";
import type { SeriesGate } from "../../../collector/ingest/unsure-lines.ts";
import { SeriesKeys } from "../../../collector/line-protocol/series-keys.ts";
import type { Frame } from "../../../collector/spool/frame.ts";
import { type EpochMs, epochMsOf } from "../../../core/clock.ts";
import { Lifetime } from "../../../core/lifetime.ts";
import { silentLog } from "../../../core/log.ts";
import { EMBEDDED_METRICS_LIMITS } from "../../../store/embedded/metrics/limits.ts";
import { totalOf } from "../../../store/embedded/metrics/refused.ts";
import type { SeriesLimits } from "../../../store/embedded/metrics/series-limits.ts";
import { WIDEST_COLUMNS } from "../../../store/embedded/metrics/shapes.ts";
import { frameOf } from "../../store/delivered-store.ts";
import { newPath } from "../../store/fixtures/open-head.ts";
import { type OracleLine, SeriesOracle, textOf } from "../../store/fixtures/series-oracle.ts";

const HOUR_MS = 3_600_000;
const START = epochMsOf(Date.UTC(2026, 8, 21, 12, 30));
/** The label `frameOf` gives lines without one. */
const CLUSTER = "contract";
const RETENTION_HOURS = 2;

const line: fc.Arbitrary<OracleLine> = fc.record({
  measurement: fc.constantFrom("mem", "own", "other"),
  tags: fc.record({
    cluster: fc.constantFrom(undefined, undefined, "c2"),
    host: fc.constantFrom("a", "a", "b", undefined),
    i: fc.constantFrom("1", "2", "3", "4", "5"),
  }),
  fields: fc.uniqueArray(fc.constantFrom("total_bytes", "x", "y", "value"), { minLength: 1, maxLength: 2 }),
});
// Any measurement finds room in a scope that has no series yet, as the limits of the configuration have it.
const limit = fc.oneof(
  { weight: 2, arbitrary: fc.integer({ min: WIDEST_COLUMNS, max: 45 }) },
  { weight: 1, arbitrary: fc.constant(Number.POSITIVE_INFINITY) },
);
const limits = fc.record({ store: limit, cluster: limit, host: limit, measurement: limit });
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.array(line, { minLength: 1, maxLength: 10 }).map((lines) => ({ kind: "send", lines }) as const),
  },
  { weight: 4, arbitrary: fc.constant({ kind: "deliver" } as const) },
  { weight: 1, arbitrary: fc.constant({ kind: "restart" } as const) },
  { weight: 1, arbitrary: fc.constant({ kind: "hours" } as const) },
);

interface Collector {
  readonly head: Head;
  readonly gate: SeriesGate;
  readonly keys: SeriesKeys;
  close(): Promise<void>;
}

async function start(path: string, series: SeriesLimits, clock: { nowMs: EpochMs }): Promise<Collector> {
  const lifetime = new Lifetime();
  onTestFinished(() => lifetime.end());
  const database = { threads: 1, memoryMegabytes: 128 };
  const bounds = { retentionHours: RETENTION_HOURS, series: series.store, seriesPer: series };
  const deps = { clock: { now: () => clock.nowMs, monotonicMs: () => 0 }, log: silentLog };
  const head = await openLocalHead(path, { ...EMBEDDED_METRICS_LIMITS, database, ...bounds }, deps, lifetime);
  const gate = createSeriesGate({ ...deps, head, cluster: CLUSTER }, lifetime);
  return { head, gate, keys: new SeriesKeys(), close: () => lifetime.end() };
}

/** Lines of a body that were refused, by their text. */
async function refusedOf({ gate, keys }: Pick<Collector, "gate" | "keys">, body: string): Promise<readonly string[]> {
  const read = { precision: "ms" as const, receivedAt: START, keys };
  const clock = { now: () => START, monotonicMs: () => 0 };
  const checked = await checkLines(Buffer.from(body), { read, identity: { kind: "loopback" }, clock, gate });
  const kept = new Set((checked.goodLines?.toString() ?? body).split("\n"));
  const refused = body.split("\n").filter((text) => !kept.has(text));
  expect(checked.refused).toBe(totalOf(checked.tooManySeries));
  expect(checked.refused).toBe(refused.length);
  return refused;
}

test("a line is refused when none of its series is there and none has room, whatever was forgotten; what is acknowledged is there or counted", async () => {
  await fc.assert(
    fc.asyncProperty(limits, fc.array(step, { minLength: 2, maxLength: 14, size: "max" }), async (series, steps) => {
      const path = newPath();
      const clock = { nowMs: START };
      const oracle = new SeriesOracle(series, CLUSTER);
      let collector = await start(path, series, clock);
      let inSpool: { readonly frame: Frame; readonly lines: readonly OracleLine[]; readonly at: EpochMs }[] = [];
      let countedBefore = 0;
      let lastHour = Number.NEGATIVE_INFINITY;
      let at = 0;
      const forget = () => oracle.forgetBefore(Math.floor(clock.nowMs / HOUR_MS) - RETENTION_HOURS);
      for (const one of steps) {
        switch (one.kind) {
          case "send": {
            // Each line has a time of its own: its text says which it is.
            const sent = new Map(one.lines.map((each) => [textOf(each, clock.nowMs + at++), each] as const));
            const body = [...sent.keys()].join("\n");
            const refused = new Set(await refusedOf(collector, body));
            for (const [text, each] of sent) {
              const rows = oracle.rowsOf(each);
              const hasRoom = rows.some((row) => oracle.has(row) || oracle.fullFor(row) === undefined);
              if (refused.has(text)) expect(hasRoom, text).toBe(false);
              // What is on its way may fill a scope of which nobody knows yet.
              else if (inSpool.length === 0) expect(hasRoom, text).toBe(true);
            }
            const taken = [...sent].filter(([text]) => !refused.has(text));
            const frame = frameOf(taken.map(([text]) => text).join("\n"));
            if (taken.length > 0) inSpool.push({ frame, lines: taken.map(([, each]) => each), at: clock.nowMs });
            break;
          }
          case "deliver": {
            if (inSpool.length === 0) break;
            await collector.head.consume(
              inSpool.map(({ frame }) => frame),
              { segment: 1, offset: 1 },
            );
            for (const { lines, at: sentAt } of inSpool) {
              lastHour = Math.max(lastHour, Math.floor(sentAt / HOUR_MS));
              for (const each of lines) oracle.write(each, Math.floor(sentAt / HOUR_MS));
            }
            inSpool = [];
            forget();
            break;
          }
          case "restart":
            countedBefore += totalOf(collector.head.stats().refused.tooManySeries);
            await collector.close();
            collector = await start(path, series, clock);
            oracle.keepAllAsOf(lastHour);
            forget();
            break;
          case "hours":
            // Before it, so that none of what waits is too old when it comes.
            if (inSpool.length === 0) clock.nowMs = epochMsOf(clock.nowMs + HOUR_MS);
        }
        expect(collector.head.stats().series).toBe(oracle.series);
        expect(countedBefore + totalOf(collector.head.stats().refused.tooManySeries)).toBe(totalOf(oracle.refused));
      }
      await collector.close();
    }),
    { numRuns: 40 },
  );
});

describe("the head is asked", () => {
  const noLimit = Number.POSITIVE_INFINITY;
  const opened = async () => {
    const clock = { nowMs: START };
    const limits = { store: noLimit, cluster: noLimit, measurement: noLimit, host: 2 };
    const collector = await start(newPath(), limits, clock);
    let asked = 0;
    const head: Pick<Head, "tight" | "standings"> = {
      tight: collector.head.tight,
      standings: (lines, signal) => {
        asked++;
        return collector.head.standings(lines, signal);
      },
    };
    const lifetime = new Lifetime();
    onTestFinished(() => lifetime.end());
    const deps = { clock: { now: () => clock.nowMs, monotonicMs: () => 0 }, log: silentLog };
    const gate = createSeriesGate({ ...deps, head, cluster: CLUSTER }, lifetime);
    const deliver = (text: string) => collector.head.consume([frameOf(text)], { segment: 1, offset: 1 });
    const asks = async (text: string) => {
      const before = asked;
      const refused = await refusedOf({ ...collector, gate }, text);
      return { asked: asked - before, refused };
    };
    return { clock, deliver, asks };
  };

  test("not at all while no scope has little room", async () => {
    const { asks } = await opened();
    expect(await asks(`own,host=a x=1 ${START}\nown,host=a y=1 ${START}`)).toEqual({ asked: 0, refused: [] });
  });

  test("once of a series that it has, again of another field of it, and of hosts with room never", async () => {
    const { deliver, asks } = await opened();
    await deliver(`own,host=a x=1 ${START}\nown,host=a y=1 ${START}`);
    const known = `own,host=a x=2 ${START}`;
    expect(await asks(known)).toEqual({ asked: 1, refused: [] });
    expect(await asks(known)).toEqual({ asked: 0, refused: [] });
    expect(await asks(`own,host=a y=2 ${START}`)).toEqual({ asked: 1, refused: [] });
    expect(await asks(`own,host=b y=2,z=1 ${START}`)).toEqual({ asked: 0, refused: [] });
    const unknown = `own,host=a z=2 ${START}`;
    expect(await asks(`${known}\n${unknown}`)).toEqual({ asked: 1, refused: [unknown] });
    expect(await asks(unknown)).toEqual({ asked: 1, refused: [unknown] });
    expect(await asks(`own,host=a x=2,z=2 ${START}`)).toEqual({ asked: 1, refused: [] });
  });

  test("again of a series that it had, when it has forgotten some", async () => {
    const { clock, deliver, asks } = await opened();
    await deliver(`own,host=a x=1 ${START}`);
    const first = `own,host=a x=1 ${START}`;
    expect(await asks(first)).toEqual({ asked: 1, refused: [] });
    clock.nowMs = epochMsOf(START + (RETENTION_HOURS + 1) * HOUR_MS);
    await deliver("");
    await deliver(`own,host=a y=1 ${clock.nowMs}\nown,host=a z=1 ${clock.nowMs}`);
    expect(await asks(first)).toEqual({ asked: 1, refused: [first] });
  });
});

describe("a line goes to the head, which decides,", () => {
  const asked: (() => void)[] = [];
  const tight = new TightScopes();
  tight.apply({ forgettings: 0, scopes: [{ scope: { kind: "host", cluster: CLUSTER, name: "a" }, isTight: true }] });
  const gateOf = (standings: Head["standings"], answerWithinMs?: number) => {
    const lifetime = new Lifetime();
    onTestFinished(() => lifetime.end());
    const deps = { clock: { now: () => START, monotonicMs: () => 0 }, log: silentLog };
    return createSeriesGate({ ...deps, head: { tight, standings }, cluster: CLUSTER, answerWithinMs }, lifetime);
  };
  const full = { kind: "host", cluster: CLUSTER, name: "a", series: 2, limit: 2 } as const;
  const text = `own,host=a x=1 ${START}`;

  test("when more bodies than two wait for an answer", async () => {
    const gate = gateOf(async () => {
      await new Promise<void>((resolve) => asked.push(resolve));
      return { places: Int32Array.of(0), full: [full] };
    });
    const waiting = [1, 2, 3].map(() => refusedOf({ gate, keys: new SeriesKeys() }, text));
    expect(await waiting[2]).toEqual([]);
    for (const resolve of asked.splice(0)) resolve();
    expect(await Promise.all(waiting)).toEqual([[text], [text], []]);
  });

  test("when the answer is about other lines than were asked of", async () => {
    const gate = gateOf(async () => ({ places: new Int32Array(), full: [full] }));
    expect(await refusedOf({ gate, keys: new SeriesKeys() }, text)).toEqual([]);
  });

  test("when there is no answer in time", async () => {
    const silence: Head["standings"] = (_, signal) =>
      new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    const gate = gateOf(silence, 1);
    expect(await refusedOf({ gate, keys: new SeriesKeys() }, text)).toEqual([]);
  });
});
