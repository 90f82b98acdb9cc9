import { type EpochMs, epochMsOf } from "../../core/clock.ts";

/** `2026-11-30 23:01:35.123`, with a `T`, a `Z` or an offset: oslo.log and libvirt in local time or with an offset, Open vSwitch in UTC. */
const TIME = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,3})\d*)?(Z|[+-]\d\d:?\d\d)?/;

/** What a line says of when it was written; undefined when it says nothing that can be read. */
export function lineTime(line: string): EpochMs | undefined {
  const [, day, time, fraction = "0", zone = ""] = TIME.exec(line) ?? [];
  if (day === undefined) return undefined;
  const offset = zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone;
  const ms = new Date(`${day}T${time}.${fraction.padEnd(3, "0")}${offset}`).getTime();
  return Number.isFinite(ms) ? epochMsOf(ms) : undefined;
}

/** No later than it was read. */
export function writtenAt(said: EpochMs | undefined, now: EpochMs): EpochMs {
  return said === undefined || said > now ? now : said;
}
