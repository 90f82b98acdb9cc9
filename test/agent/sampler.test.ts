import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { msToNextMultiple, startSampler } from "../../agent/metrics/sampler.ts";
import type { Probe, ProbeSession } from "../../agent/probe.ts";
import { startProbes } from "../../agent/probe-runner.ts";
import { type Clock, epochMsOf } from "../../core/clock.ts";
import { Lifetime } from "../../core/lifetime.ts";
import { silentLog } from "../../core/log.ts";

const START_MS = 1_000_003_000;
let lifetime: Lifetime;
let passedMs: number;
const clock: Clock = { now: () => epochMsOf(START_MS + passedMs), monotonicMs: () => passedMs };

beforeEach(() => {
  vi.useFakeTimers();
  lifetime = new Lifetime();
  passedMs = 0;
});
afterEach(async () => {
  await lifetime.end();
  vi.useRealTimers();
});

async function pass(seconds: number): Promise<void> {
  for (let n = 0; n < seconds * 10; n++) {
    passedMs += 100;
    await vi.advanceTimersByTimeAsync(100);
  }
}

/** A source that is there from `fromMs` on. */
function probe(name: string, fromMs = 0): Probe {
  const session: ProbeSession = {
    sample: (at, sink) => sink({ measurement: name, tags: { cpu: "0" }, fields: { x: 1 }, at }),
  };
  return { name, detect: async () => (passedMs >= fromMs ? session : undefined) };
}

function start(...wanted: readonly Probe[]) {
  const nothing = { changed: () => {}, report: () => {}, elements: () => new Map() };
  const probes = startProbes(wanted, { ...nothing, clock, log: silentLog, sampleDeadlineMs: 1_000 }, lifetime);
  const samples: { readonly atMs: number; readonly lines: readonly string[] }[] = [];
  const deliver = (lines: readonly string[]) => void samples.push({ atMs: passedMs, lines });
  const selfPoints = () => [{ measurement: "agent", tags: {}, fields: { y: 2 } }];
  startSampler({ host: "h 1", intervalMs: 10_000, probes, deliver, selfPoints }, clock, lifetime);
  return samples;
}

test("samples come at 0, 2 and 4 s and then at multiples of the interval, each with the host's name", async () => {
  const samples = start(probe("m"));
  await pass(30);
  expect(samples.map(({ atMs }) => Math.round(atMs / 1000))).toEqual([0, 2, 4, 7, 17, 27]);
  const at = START_MS + (samples[0]?.atMs ?? 0);
  expect(samples[0]?.lines).toEqual([
    `m,cpu=0,host=h\\ 1 x=1 ${at}`,
    expect.stringMatching(/^agent_probe,host=h\\ 1,probe=m present=1i,late=0i,failed=0i,duration_s=/),
    `agent,host=h\\ 1 y=2 ${at}`,
  ]);
});

test("a source that was absent at first is found within a minute or so", async () => {
  const samples = start(probe("always"), probe("late", 30_000));
  await pass(80);
  const names = (lines: readonly string[] | undefined) =>
    lines?.map((line) => line.split(",")[0]).filter((name) => name !== "agent_probe");
  expect(names(samples[0]?.lines)).toEqual(["always", "agent"]);
  expect(names(samples.at(-1)?.lines)).toEqual(["always", "late", "agent"]);
});

test("nothing is sampled after the end", async () => {
  const samples = start(probe("m"));
  await pass(5);
  const before = samples.length;
  await lifetime.end();
  await pass(30);
  expect(samples).toHaveLength(before);
});

test.each([
  [1_000, 9_000],
  [10_000, 10_000],
  [9_999, 10_001],
  [9_500, 10_500],
  [0, 10_000],
])(
  "at %s ms the next multiple of 10 s is %s ms away: never so near that a timer that is early makes two",
  (now, delay) => {
    expect(msToNextMultiple(now, 10_000)).toBe(delay);
  },
);

test("numbers are told as finely as anybody reads them", async () => {
  const session: ProbeSession = {
    sample: (at, sink) =>
      sink({ measurement: "m", tags: {}, fields: { long: 12_345.123456789, short: 0.123456789, n: { int: 7 } }, at }),
  };
  const samples = start({ name: "m", detect: async () => session });
  await pass(1);
  expect(samples[0]?.lines[0]).toMatch(/^m,host=h\\ 1 long=12345\.123,short=0\.123457,n=7i /);
});
