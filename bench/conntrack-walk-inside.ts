/** Walks over the table of the network namespace it is started in, as the agent does. See conntrack-walk.ts. */
import { createTally } from "../agent/connections/tally.ts";
import { walkEntries } from "../agent/connections/walk.ts";
import type { WalkSource } from "../agent/connections/walk-pace.ts";
import type { Zone } from "../agent/connections/zone.ts";
import { createProcReader } from "../agent/proc-reader.ts";
import { systemClock } from "../core/clock.ts";

const ZONES = 30;

/** The ports of a host with 30 machines, told apart by address. */
function zones(): ReadonlyMap<number, Zone> {
  const ports = Array.from({ length: 250 }, (_, n) => ({
    portId: `p${n}`,
    vmId: `v${n}`,
    addresses: [`10.200.0.${n + 1}`],
  }));
  return new Map(Array.from({ length: ZONES }, (_, n) => [n + 1, { kind: "network", networkId: `n${n}`, ports }]));
}

/** The most CPU time the main thread took between two turns of a timer: on a busy machine it is the block that others do not cause. */
function watchTurns(): { longestMs(): number } {
  let last = threadMs();
  let longest = 0;
  const timer = setInterval(() => {
    const now = threadMs();
    longest = Math.max(longest, now - last);
    last = now;
  }, 5);
  return {
    longestMs() {
      clearInterval(timer);
      return longest;
    },
  };
}

function threadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

async function measure(source: WalkSource): Promise<void> {
  const proc = createProcReader();
  const turns = watchTurns();
  const rssBefore = process.memoryUsage.rss();
  const tally = createTally(zones());
  const [startedMs, own] = [systemClock.monotonicMs(), process.cpuUsage()];
  const costMs = await walkEntries(source, tally.add, {
    proc,
    clock: systemClock,
    signal: new AbortController().signal,
  });
  const { user, system } = process.cpuUsage(own);
  const figures = {
    source,
    entries: tally.result().entries,
    wall_s: ((systemClock.monotonicMs() - startedMs) / 1_000).toFixed(2),
    cost_ms: Math.round(costMs ?? Number.NaN),
    agent_cpu_ms: Math.round((user + system) / 1_000),
    longest_block_ms: turns.longestMs().toFixed(1),
    rss_before_mb: (rssBefore / 2 ** 20).toFixed(1),
    rss_after_mb: (process.memoryUsage.rss() / 2 ** 20).toFixed(1),
  };
  process.stdout.write(`${JSON.stringify(figures)}\n`);
}

async function main(): Promise<void> {
  for (const source of ["file", "file", "command"] as const) await measure(source);
}

void main();
