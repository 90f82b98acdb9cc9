import { expect, test } from "vitest";
import type { PointSink } from "../../agent/probe.ts";
import { withMachineTurns } from "../../agent/vm/machine-turns.ts";
import { epochMsOf } from "../../core/clock.ts";

const MACHINES = 60;
const at = (sample: number) => epochMsOf(1_700_000_000_000 + sample * 10_000);

/** Machines that use n seconds of a processor each sample, and one that gets none and waits for it. */
async function toldBySample(samples: number, stateOf = (_machine: number, _sample: number) => 1) {
  let sample = 0;
  const probe = withMachineTurns({
    name: "vm",
    detect: async () => ({
      sample(time, sink) {
        for (let n = 0; n < MACHINES; n++) {
          const tags = { vm_id: `vm-${n}` };
          const busy = n === 0 ? { cpu_time_s: 1, steal_s: 999 * sample } : { cpu_time_s: n * sample, steal_s: 0 };
          const state = stateOf(n, sample);
          sink({ measurement: "vm", tags, fields: { state: { int: state }, running: { int: 1 }, ...busy }, at: time });
          sink({ measurement: "vm", tags, fields: { mem_max_bytes: { int: 1 } }, at: time });
        }
      },
    }),
  });
  const session = await probe.detect({
    signal: new AbortController().signal,
    report: () => {},
    wake: () => {},
  } as never);
  const told: { running: Set<string>; memory: number }[] = [];
  for (; sample < samples; sample++) {
    const now = { running: new Set<string>(), memory: 0 };
    const sink: PointSink = ({ tags, fields }) => {
      if (fields.state === undefined) now.memory++;
      else now.running.add(`${tags.vm_id}`);
    };
    await session?.sample?.(at(sample), sink);
    told.push(now);
  }
  return told;
}

test("the busiest machines are told each time, one that waits for a processor among them, the others every 30 s", async () => {
  const told = await toldBySample(9);
  const running = told.map((it) => it.running);
  expect(running[0]?.size).toBe(MACHINES);
  for (const now of running) {
    expect([0, 51, 52, 53, 54, 55, 56, 57, 58, 59].filter((n) => !now.has(`vm-${n}`))).toEqual([]);
  }
  for (let n = 0; n < MACHINES; n++) {
    for (let first = 0; first + 3 <= running.length; first++) {
      expect(running.slice(first, first + 3).some((now) => now.has(`vm-${n}`))).toBe(true);
    }
  }
  expect(running.slice(1).reduce((sum, { size }) => sum + size, 0) / 8).toBeLessThan(35);
});

test("a machine whose state changes is told at once, and what is read seldom is not held back", async () => {
  const told = await toldBySample(6, (n, sample) => (n === 5 && sample === 4 ? 5 : 1));
  expect(told[4]?.running.has("vm-5")).toBe(true);
  expect(told.map(({ memory }) => memory)).toEqual(Array.from({ length: 6 }, () => MACHINES));
});
