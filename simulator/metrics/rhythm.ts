import type { Cloud, HostCondition, Load } from "../cloud/cloud.ts";
import { noise } from "../random.ts";

const DAY_MS = 86_400_000;
/** By how much the busiest hour is above the average, and the quietest below it. */
const SWING = 0.55;
/** 15:00 UTC is the busiest hour. */
const BUSIEST_MS = 15 * 3_600_000;
/** Counters did not begin with the cloud. */
export const COUNTING_SINCE_MS = -12 * 3_600_000;
/** A sample may count what happened up to this much, or up to a third of the interval, earlier. */
export const UNSTEADY_MS = 3_000;

/** A moment as metrics need it. */
export interface Moment {
  /** Milliseconds since the cloud began. */
  readonly atMs: number;
  /** Between two samples. */
  readonly intervalMs: number;
}

/** Around 1: low at night, high in the afternoon. */
export function rhythm({ beganAt }: Cloud, atMs: number): number {
  return 1 + SWING * Math.cos(angle(beganAt + atMs));
}

/** The highest that `rhythm` gets. */
export const PEAK = 1 + SWING;

/** What has come together from the beginning of counting until a moment. None of it ever falls. */
export interface Growth {
  /** Time that went by. */
  readonly seconds: number;
  /** The day's rhythm, in average seconds. */
  readonly usual: number;
  /** What surges of the load added to that. */
  readonly surplus: number;
}

export interface Growing {
  readonly condition: HostCondition;
  readonly load: Load;
  readonly sinceMs?: number;
  /** A surge does not count for more than this. */
  readonly mostFactor?: number;
}

/** Depends on nothing but its arguments, so that samples can be made in any order. */
export function growthAt(cloud: Cloud, toMs: number, growing: Growing): Growth {
  const { condition, load, sinceMs = COUNTING_SINCE_MS, mostFactor = Number.POSITIVE_INFINITY } = growing;
  const until = Math.max(sinceMs, toMs);
  let surplus = 0;
  for (const surge of condition.surges) {
    const [from, to] = [Math.max(sinceMs, surge.sinceMs), Math.min(until, surge.untilMs ?? until)];
    if (surge.load !== load || from >= to) continue;
    surplus += (Math.min(surge.factor, mostFactor) - 1) * (integral(cloud, to) - integral(cloud, from));
  }
  return { seconds: (until - sinceMs) / 1_000, usual: integral(cloud, until) - integral(cloud, sinceMs), surplus };
}

/** The moment up to which a sample counts: a little before it is taken, so that rates are not too steady. */
export function countedUntilMs({ atMs, intervalMs }: Moment, key: number): number {
  return atMs - noise(key, Math.floor(atMs / intervalMs)) * Math.min(UNSTEADY_MS, 0.35 * intervalMs);
}

/** How much more than usual there is of a load now. */
export function surgeFactor({ surges }: HostCondition, load: Load, atMs: number): number {
  const isNow = ({ sinceMs, untilMs = Number.POSITIVE_INFINITY }: HostCondition["surges"][number]) =>
    sinceMs <= atMs && atMs < untilMs;
  return surges.find((surge) => surge.load === load && isNow(surge))?.factor ?? 1;
}

/** The integral of the rhythm over time, in seconds. */
function integral({ beganAt }: Cloud, atMs: number): number {
  return atMs / 1_000 + ((SWING * DAY_MS) / (2 * Math.PI * 1_000)) * Math.sin(angle(beganAt + atMs));
}

function angle(epochMs: number): number {
  return (2 * Math.PI * (epochMs - BUSIEST_MS)) / DAY_MS;
}
