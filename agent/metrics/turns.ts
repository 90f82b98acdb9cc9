import type { EpochMs } from "../../core/clock.ts";

/** One of many that are counted. */
export interface Counted {
  /** The same from sample to sample. */
  readonly key: string;
  /** What it has counted so far, as packets: how much it rises says how busy it is. */
  readonly counted: number;
  /** What is to be told at once when it changes: whether it is up. */
  readonly state: string;
  /** Told each time, whatever it does. */
  readonly always: boolean;
}

export interface TurnsOptions {
  /** As many of the busiest are told each time; fewer than this take no turns at all. */
  readonly busiest: number;
  /** The others are told as often as this at least; a rate over the last minute then has two samples. */
  readonly everyMs: number;
}

interface Told {
  readonly counted: number;
  readonly state: string;
  readonly toldAt: EpochMs;
  readonly phase: number;
}

/**
 * Chooses whom a sample tells of, so that a sample of hundreds of interfaces stays small: who is new, whose state changed, the busiest, and of the others
 * those whose turn it is. Each has its turn at a time of its own.
 */
export function createTurns({ busiest, everyMs }: TurnsOptions) {
  let known = new Map<string, Told>();
  return (all: readonly Counted[], at: EpochMs): ReadonlySet<string> => {
    const rose = ({ key, counted }: Counted) => Math.abs(counted - (known.get(key)?.counted ?? counted));
    const taking = all.filter(({ always }) => !always);
    const busy = new Set(
      taking
        .toSorted((a, b) => rose(b) - rose(a))
        .slice(0, busiest)
        .map(({ key }) => key),
    );
    const chosen = new Set<string>();
    const next = new Map<string, Told>();
    for (const { key, counted, state, always } of all) {
      const last = known.get(key);
      const phase = last?.phase ?? phaseOf(key);
      const isTold =
        always ||
        last === undefined ||
        last.state !== state ||
        busy.has(key) ||
        hasTurn(at, last.toldAt, phase, everyMs);
      if (isTold) chosen.add(key);
      next.set(key, { counted, state, phase, toldAt: isTold ? at : (last?.toldAt ?? at) });
    }
    known = next;
    return chosen;
  };
}

/** Whether the time of whoever has this phase came since `last`; each of many has its own within every so many ms. */
export function hasTurn(at: EpochMs, last: EpochMs, phase: number, everyMs: number): boolean {
  const phaseMs = phase % everyMs;
  return Math.floor((at + phaseMs) / everyMs) !== Math.floor((last + phaseMs) / everyMs);
}

/** FNV-1a, spread once more: names that differ in their last character alone must not have their turns together. */
export function phaseOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}
