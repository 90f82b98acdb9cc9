import type { EpochMs } from "../../core/clock.ts";
import type { Point } from "../../core/line-protocol.ts";
import { type DomainConfig, domainTags } from "./domain.ts";

/** Share of its time above which one virtual processor is worth a series of its own. */
const BUSY_SHARE = 0.5;
/** Share of its time that it waited for a processor of the host. */
const WAITING_SHARE = 0.05;
/** One that was worth telling of is told of this long after, so that its line in a chart has no holes. */
const TOLD_FOR_MS = 5 * 60_000;
/** At most this many are told of at once: the busiest. */
const MAX_TOLD = 64;

export interface VcpuReading {
  readonly config: DomainConfig;
  readonly number: number;
  readonly timeSeconds: number;
  /** Undefined where the kernel does not say. */
  readonly delaySeconds: number | undefined;
}

interface Remembered {
  readonly reading: VcpuReading;
  readonly at: EpochMs;
  readonly busyShare: number;
  readonly toldUntil: number;
}

/** What is remembered from one sample to the next. */
export type VcpuTable = ReadonlyMap<string, Remembered>;

/**
 * Thirty machines have hundreds of virtual processors, most of them idle: only those are told of one by one that are busy
 * themselves (one that is at its end hides in the sum of many) or wait for the host.
 */
export function stepVcpus(before: VcpuTable, readings: readonly VcpuReading[], at: EpochMs): VcpuTable {
  const after = new Map<string, Remembered>();
  for (const reading of readings) {
    const key = `${reading.config.uuid}/${reading.number}`;
    const was = before.get(key);
    const seconds = was === undefined ? 0 : (at - was.at) / 1000;
    // A processor that counts from the start again was not busier than it says it was.
    const share = (now: number, then: number) => (seconds > 0 ? Math.max(0, now - then) / seconds : 0);
    const busyShare = share(reading.timeSeconds, was?.reading.timeSeconds ?? 0);
    const waitingShare = share(reading.delaySeconds ?? 0, was?.reading.delaySeconds ?? 0);
    const isWorthIt = busyShare >= BUSY_SHARE || waitingShare >= WAITING_SHARE;
    after.set(key, { reading, at, busyShare, toldUntil: isWorthIt ? at + TOLD_FOR_MS : (was?.toldUntil ?? 0) });
  }
  return after;
}

export function vcpuPoints(table: VcpuTable): readonly Point[] {
  const told = [...table.values()].filter(({ at, toldUntil }) => at < toldUntil);
  if (told.length > MAX_TOLD) told.sort((a, b) => b.busyShare - a.busyShare);
  return told.slice(0, MAX_TOLD).map(({ reading, at }) => ({
    measurement: "vm_vcpu",
    tags: { ...domainTags(reading.config), vcpu: String(reading.number) },
    fields: { time_s: reading.timeSeconds, delay_s: reading.delaySeconds },
    at,
  }));
}
