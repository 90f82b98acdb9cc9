import type { LldpNeighbour } from "./lldp-neighbours.ts";

/** What is known of one interface. */
export interface HeardOn {
  /** Those that forward first, then by name; none once the last has aged out. */
  readonly neighbours: readonly LldpNeighbour[];
  /** When it was read, by the monotonic clock. */
  readonly readAtMs: number;
  /** Whether lldpd has told of it since it was started. */
  readonly isOfThisRun: boolean;
}

export type NeighbourTable = ReadonlyMap<string, HeardOn>;

/** More interfaces than a switch has. */
const MAX_INTERFACES = 256;

/**
 * The table after another reading. lldpd itself forgets a neighbour when its TTL is over, so one it does not tell any more is
 * gone; but one it was just started has heard nobody yet: until the TTL is over, what was known before stands.
 */
export function stepNeighbours(
  table: NeighbourTable,
  reading: readonly LldpNeighbour[],
  nowMs: number,
): NeighbourTable {
  const heard = Map.groupBy(reading, (it) => it.interface);
  const next = new Map<string, HeardOn>();
  for (const [name, neighbours] of heard) {
    if (next.size >= MAX_INTERFACES) break;
    next.set(name, { neighbours: neighbours.toSorted(byImportance), readAtMs: nowMs, isOfThisRun: true });
  }
  for (const [name, was] of table) {
    if (next.has(name)) continue;
    // Interfaces of machines come and go: those that hear nobody are not remembered without end.
    if (next.size >= MAX_INTERFACES) break;
    const still = was.isOfThisRun ? [] : stillValid(was, nowMs);
    next.set(name, still.length > 0 ? { ...was, neighbours: still } : { ...was, neighbours: [], readAtMs: nowMs });
  }
  return next;
}

/** lldpd was started again, or is gone: what is known is of its run before. */
export function ofEarlierRun(table: NeighbourTable): NeighbourTable {
  return new Map(Array.from(table, ([name, it]) => [name, { ...it, isOfThisRun: false }]));
}

/** Those whose TTL is not over, counted from when they were read last. */
export function stillValid({ neighbours, readAtMs }: HeardOn, nowMs: number): readonly LldpNeighbour[] {
  return neighbours.filter(({ ttlSeconds }) => nowMs - readAtMs <= ttlSeconds * 1_000);
}

/** `<system>/<port>` */
export const nameOf = ({ system, port }: LldpNeighbour): string => `${system}/${port}`;

function byImportance(one: LldpNeighbour, other: LldpNeighbour): number {
  if (one.isForwarding !== other.isForwarding) return one.isForwarding ? -1 : 1;
  return nameOf(one) < nameOf(other) ? -1 : 1;
}
