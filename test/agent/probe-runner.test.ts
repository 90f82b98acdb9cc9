import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Probe, ProbeContext, ProbeSession } from "../../agent/probe.ts";
import { type ProbeRunner, startProbes } from "../../agent/probe-runner.ts";
import { type Clock, epochMsOf } from "../../core/clock.ts";
import { OperatorError } from "../../core/errors.ts";
import { Lifetime } from "../../core/lifetime.ts";
import type { Point } from "../../core/line-protocol.ts";
import { type LogEntry, recordedLog } from "./recorded-log.ts";

let lifetime: Lifetime;
let passedMs: number;
let entries: readonly LogEntry[];
let changes: number;
const clock: Clock = { now: () => epochMsOf(passedMs), monotonicMs: () => passedMs };

beforeEach(() => {
  vi.useFakeTimers();
  lifetime = new Lifetime();
  [passedMs, changes] = [0, 0];
});
afterEach(async () => {
  await lifetime.end();
  vi.useRealTimers();
});

function start(...probes: readonly Probe[]): ProbeRunner {
  const recorded = recordedLog();
  entries = recorded.entries;
  const deps = { clock, log: recorded.log, changed: () => changes++, report: () => {}, elements: () => new Map() };
  return startProbes(probes, { ...deps, sampleDeadlineMs: 1_000 }, lifetime);
}

async function pass(ms: number): Promise<void> {
  for (let n = 0; n < ms; n += 100) {
    passedMs += 100;
    await vi.advanceTimersByTimeAsync(100);
  }
}

/** A daemon that a test starts and ends. */
function daemon() {
  let session: (ProbeSession & { end(reason: string): void }) | undefined;
  let refusal: string | undefined;
  let signal: AbortSignal | undefined;
  const probe: Probe = {
    name: "daemon",
    async detect(context: ProbeContext) {
      ({ signal } = context);
      if (refusal !== undefined) throw new OperatorError({ code: "agent.refused", message: refusal, hint: "ask" });
      return session;
    },
  };
  return {
    probe,
    signal: () => signal,
    refuse(reason: string | undefined) {
      refusal = reason;
    },
    end: (reason: string) => {
      session?.end(reason);
      session = undefined;
    },
    start(parts: Omit<ProbeSession, "ended"> = {}) {
      const ended = Promise.withResolvers<string>();
      session = { ...parts, ended: ended.promise, end: ended.resolve };
    },
  };
}

async function sampled(runner: ProbeRunner): Promise<readonly Point[]> {
  const points: Point[] = [];
  const done = runner.sample(clock.now(), (point) => points.push(point));
  await vi.advanceTimersByTimeAsync(1_100);
  await done;
  return points;
}
const ownPoint = (points: readonly Point[]) => points.find(({ measurement }) => measurement === "agent_probe")?.fields;

test("a source that ends is looked for again, and what it said of the topology stands meanwhile", async () => {
  const source = daemon();
  source.start({ contribute: () => ({ elements: [] }) });
  const runner = start(source.probe);
  await runner.ready;
  expect([runner.sources(), changes]).toEqual([["daemon"], 1]);
  const first = source.signal();
  source.end("the daemon was restarted");
  await pass(100);
  expect(first?.aborted).toBe(true);
  expect(runner.contributions({ host: "h", kernel: undefined })).toHaveLength(1);
  expect(ownPoint(await sampled(runner))).toMatchObject({ present: { int: 0 } });
  source.start();
  await pass(1_000);
  expect(ownPoint(await sampled(runner))).toMatchObject({ present: { int: 1 } });
  expect(entries.map(({ event }) => event)).toContain("source lost");
});

test("a daemon that is restarted was never away; one that is gone for a minute is no source any more, and that is told", async () => {
  const source = daemon();
  source.start();
  const runner = start(source.probe);
  await runner.ready;
  source.end("stopped");
  await pass(30_000);
  expect([runner.sources(), changes]).toEqual([["daemon"], 1]);
  await pass(31_000);
  expect([runner.sources(), changes]).toEqual([[], 2]);
});

test("a source that refuses is said once, with what to do, until it refuses for another reason", async () => {
  const source = daemon();
  source.refuse("may not be read");
  const runner = start(source.probe);
  await runner.ready;
  await pass(60_000);
  expect(entries.filter(({ event }) => event === "source cannot be read")).toHaveLength(1);
  source.refuse("is damaged");
  await pass(20_000);
  expect(entries.filter(({ event }) => event === "source cannot be read")).toHaveLength(2);
  source.refuse(undefined);
  source.start();
  await pass(20_000);
  expect(runner.sources()).toEqual(["daemon"]);
});

test("what comes after the deadline is dropped, and a source that is still busy is not asked again", async () => {
  const source = daemon();
  let asked = 0;
  const answers: (() => void)[] = [];
  const point: Point = { measurement: "m", tags: {}, fields: { x: 1 }, at: epochMsOf(1) };
  source.start({
    sample: async (_at, sink) => {
      asked++;
      await new Promise<void>((resolve) => answers.push(resolve));
      sink(point);
    },
  });
  const runner = start(source.probe);
  await runner.ready;
  const first = await sampled(runner);
  expect([first.includes(point), ownPoint(first)?.late]).toEqual([false, { int: 1 }]);
  expect(ownPoint(await sampled(runner))?.late).toEqual({ int: 2 });
  expect(asked).toBe(1);
  answers.shift()?.();
  await vi.advanceTimersByTimeAsync(1);
  const points: Point[] = [];
  const done = runner.sample(clock.now(), (it) => points.push(it));
  await vi.advanceTimersByTimeAsync(1);
  answers.shift()?.();
  await vi.advanceTimersByTimeAsync(1);
  await done;
  expect([points.includes(point), asked]).toEqual([true, 2]);
});

test("a source that answers with an error is counted, the others are sampled all the same", async () => {
  const [broken, well] = [daemon(), daemon()];
  broken.start({
    sample: () => Promise.reject(new OperatorError({ code: "agent.gone", message: "gone", hint: "wait" })),
  });
  const point: Point = { measurement: "m", tags: {}, fields: { x: 1 }, at: epochMsOf(1) };
  well.start({ sample: (_at, sink) => sink(point) });
  const runner = start({ ...broken.probe, name: "broken" }, { ...well.probe, name: "well" });
  await runner.ready;
  const points = await sampled(runner);
  expect(points).toContain(point);
  expect(ownPoint(points)?.failed).toEqual({ int: 1 });
});

test("a defect of one probe is said once and counted; what it told stands, and the others are sampled all the same", async () => {
  const [broken, well] = [daemon(), daemon()];
  let isBroken = false;
  const fail = () => {
    if (isBroken) throw new TypeError("not a number: 0x1f");
  };
  const told = { elements: [], attributes: new Map() };
  broken.start({
    sample: fail,
    contribute: () => {
      fail();
      return told;
    },
  });
  const point: Point = { measurement: "m", tags: {}, fields: { x: 1 }, at: epochMsOf(1) };
  well.start({ sample: (_at, sink) => sink(point) });
  const unfound: Probe = { name: "unfound", detect: () => Promise.reject(new RangeError("too long")) };
  const runner = start({ ...broken.probe, name: "broken" }, { ...well.probe, name: "well" }, unfound);
  await runner.ready;
  const view = { host: "a", kernel: undefined };
  expect(runner.contributions(view)).toEqual([told]);
  isBroken = true;
  expect(runner.contributions(view)).toEqual([told]);
  const points = [...(await sampled(runner)), ...(await sampled(runner))];
  expect(points.filter((it) => it === point)).toHaveLength(2);
  const failures = points.filter(({ tags }) => tags.probe === "broken").map(({ fields }) => fields.failed);
  expect(failures).toEqual([{ int: 2 }, { int: 3 }]);
  const errors = entries.filter(({ level }) => level === "error");
  expect(errors.map(({ event, fields }) => [event, "probe" in fields && fields.probe])).toEqual([
    ["probe failed", "unfound"],
    ["probe failed", "broken"],
  ]);
});

test("nothing is looked for after the end, and sessions close what they opened", async () => {
  const source = daemon();
  source.start();
  const runner = start(source.probe);
  await runner.ready;
  await lifetime.end();
  await pass(100);
  expect(source.signal()?.aborted).toBe(true);
});
