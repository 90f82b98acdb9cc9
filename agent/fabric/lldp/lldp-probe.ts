import { existsSync } from "node:fs";
import type { Clock } from "../../../core/clock.ts";
import type { Attributes } from "../../../core/element.ts";
import { type ElementId, hostId, interfaceId } from "../../../core/element-id.ts";
import { OperatorError } from "../../../core/errors.ts";
import { waitUnlessOver } from "../../../core/wait.ts";
import type { Probe, ProbeContext, ProbeSession } from "../../probe.ts";
import { lldpAttributes, lldpEvents, lldpPoints } from "./lldp-attributes.ts";
import { readNeighbours, readOwnName, watchNeighbours } from "./lldpcli.ts";
import { type NeighbourTable, ofEarlierRun, stepNeighbours, stillValid } from "./neighbour-table.ts";

export const LLDP_SOCKET = "/run/lldpd.socket";

/** lldpd tells of each neighbour by itself; after this all of them are read at once. */
const READ_AFTER_MS = 250;

/** Each reading is two processes. While neighbours change all the time, as a guest can have it, they are read this seldom. */
const READ_AT_MOST_EVERY_MS = 30_000;

/** What no change tells: the age of neighbours, and those that were lost while nobody listened. */
const READ_EVERY_MS = 60_000;

/** The watcher does not say when it has begun to listen; what happened before is found by reading once more. */
const LISTENING_AFTER_MS = 1_000;

export interface LldpProbeDeps {
  readonly host: string;
  readonly socket: string;
  readonly clock: Clock;
  readonly readEveryMs?: number;
}

/**
 * Neighbours as lldpd hears them: read when it tells of a change and once a minute, never in the sampling loop. Told of
 * the interfaces of the host's own namespace. While lldpd restarts, neighbours are kept until their TTL is over.
 */
export function lldpProbe(deps: LldpProbeDeps): Probe {
  const known: Known = { table: new Map() };
  return { name: "lldp", detect: (context) => detectLldp(deps, known, context) };
}

/** Outlives the session. */
interface Known {
  table: NeighbourTable;
}

async function detectLldp(
  { host, socket, clock, readEveryMs = READ_EVERY_MS }: LldpProbeDeps,
  known: Known,
  { signal, changed, report }: ProbeContext,
): Promise<ProbeSession | undefined> {
  if (!existsSync(socket)) return undefined;
  known.table = ofEarlierRun(known.table);

  /** Whether lldpd answered. */
  async function read(): Promise<boolean> {
    const reading = await readNeighbours(socket, signal);
    if (reading === undefined || signal.aborted) return false;
    const before = known.table;
    known.table = stepNeighbours(before, reading, clock.monotonicMs());
    lldpEvents(host, before, known.table, clock.now()).forEach(report);
    changed();
    return true;
  }

  if (!(await read())) return undefined;
  const ownName = await readOwnName(socket, signal);
  let isOver = false;
  let wake = new AbortController();
  const ended = watchNeighbours(socket, () => wake.abort(), signal);
  void ended.then(() => {
    isOver = true;
    wake.abort();
  });
  signal.addEventListener("abort", () => wake.abort(), { once: true });
  void readOnChange().catch(unlessOperator);

  async function readOnChange(): Promise<void> {
    await waitUnlessOver(LISTENING_AFTER_MS, signal);
    let afterMs = READ_AFTER_MS;
    while (!isOver && !signal.aborted) {
      wake = new AbortController();
      await read();
      const readMs = clock.monotonicMs();
      await waitUnlessOver(readEveryMs, wake.signal);
      afterMs = nextReadAfterMs(afterMs, clock.monotonicMs() - readMs);
      if (!isOver) await waitUnlessOver(afterMs, signal);
    }
  }

  return {
    ended,
    sample: (at, sink) => lldpPoints(known.table, clock.monotonicMs(), at).forEach(sink),
    contribute() {
      const nowMs = clock.monotonicMs();
      const ofInterfaces = Array.from(known.table, ([name, heard]) => {
        const neighbours = isOver || !heard.isOfThisRun ? stillValid(heard, nowMs) : heard.neighbours;
        return [interfaceId(host, undefined, name), lldpAttributes(neighbours)] as const;
      });
      const ofHost = ownName === undefined ? [] : [[hostId(host), { lldp_system_name: ownName }] as const];
      return { elements: [], attributes: new Map<ElementId, Attributes>([...ofHost, ...ofInterfaces]) };
    },
  };
}

/** How long after a change neighbours are read: longer with each change that follows a reading closely, until it was quiet for a while. */
export function nextReadAfterMs(afterMs: number, quietMs: number): number {
  if (quietMs > (2 * READ_AT_MOST_EVERY_MS) / 3) return READ_AFTER_MS;
  return quietMs > 4 * afterMs ? Math.max(READ_AFTER_MS, afterMs / 2) : Math.min(READ_AT_MOST_EVERY_MS, afterMs * 2);
}

/** `lldpcli` was removed while lldpd runs: the session goes on with what is known, and ends with lldpd. */
function unlessOperator(thrown: unknown): void {
  if (!(thrown instanceof OperatorError)) throw thrown;
}
