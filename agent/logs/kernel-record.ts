import { type EpochMs, epochMsOf } from "../../core/clock.ts";

/** One record of /dev/kmsg. */
export interface KernelRecord {
  /** 0 is the kernel itself; who writes into /dev/kmsg has another (1 when none is given). */
  readonly facility: number;
  /** Rises by one with each record of a boot. */
  readonly sequence: number;
  /** Of the kernel's clock, which begins with the boot. */
  readonly sinceBootMs: number;
  readonly text: string;
}

/**
 * Reads `<priority>,<sequence>,<microseconds>,<flags>[,…];<text>` and leaves out the lines of properties behind it; undefined when it is
 * none. Bytes that are not printable are escaped as `\xNN`. Source: Documentation/ABI/testing/dev-kmsg.
 */
export function parseKernelRecord(record: string): KernelRecord | undefined {
  const fields = /^(\d+),(\d+),(\d+),[^;]*;([^\n]*)/.exec(record);
  if (fields === null) return undefined;
  const [, priority, sequence, micros, text = ""] = fields;
  return {
    facility: Number(priority) >> 3,
    sequence: Number(sequence),
    sinceBootMs: Number(micros) / 1000,
    text: text.includes("\\x") ? unescaped(text) : text,
  };
}

function unescaped(text: string): string {
  const bytes = text.replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1").toString("utf8").replaceAll("\n", " ");
}

/**
 * When a record was written. The kernel's clock is not corrected as the wall clock is and may be seconds apart after months; a record that
 * was not there when it was read before was written since.
 */
export function recordTime(
  sinceBootMs: number,
  uptimeMs: number,
  now: EpochMs,
  readBefore: EpochMs | undefined,
): EpochMs {
  const said = now - Math.max(0, uptimeMs - sinceBootMs);
  return epochMsOf(Math.round(Math.min(now, Math.max(said, readBefore ?? Number.NEGATIVE_INFINITY))));
}
