import type { EpochMs } from "../../core/clock.ts";
import { type Element, isLink } from "../../core/element.ts";
import type { Point } from "../../core/line-protocol.ts";
import type { Probe } from "../probe.ts";
import type { ProcReader } from "../proc-reader.ts";

const MIB = 2 ** 20;

export interface OvercommitOptions {
  /** How many times the memory there is may be promised. */
  readonly limit?: number | undefined;
  /** What the host keeps for itself; Nova's `reserved_host_memory_mb` is 512. */
  readonly reservedBytes?: number | undefined;
}

const DEFAULT_LIMIT = 1.2;
const DEFAULT_RESERVED_BYTES = 512 * MIB;

/** A domain in one of these states has no memory. */
const WITHOUT_MEMORY: ReadonlySet<unknown> = new Set(["shutoff", "crashed", "nostate"]);

/** What the machines on this host were promised; undefined when there is no domain that says. */
export function promisedBytes(elements: Iterable<Element>): number | undefined {
  let sum: number | undefined;
  for (const element of elements) {
    if (isLink(element) || element.kind !== "domain") continue;
    const { memory_mib: mib, state } = element.attributes;
    if (typeof mib === "number") sum = (sum ?? 0) + (WITHOUT_MEMORY.has(state) ? 0 : mib * MIB);
  }
  return sum;
}

/**
 * Memory that machines can have: all but what the host keeps and huge pages that nobody uses. Huge pages that are in use are machines'
 * memory. Undefined without a total, and where more is kept than there is.
 */
export function usableBytes(meminfo: string, keptBytes: number): number | undefined {
  const totalKib = /^MemTotal:\s+(\d+)/m.exec(meminfo)?.[1];
  if (totalKib === undefined) return undefined;
  const usable = Number(totalKib) * 1024 - keptBytes;
  return usable > 0 ? usable : undefined;
}

const HUGE_PAGES = "/sys/kernel/mm/hugepages";

/** Of huge pages of every size that the host has; /proc/meminfo tells of one size only. */
export function unusedHugePageBytes(proc: ProcReader): number {
  let sum = 0;
  for (const folder of proc.names(HUGE_PAGES)) {
    const kib = /^hugepages-(\d+)kB$/.exec(folder)?.[1];
    const free = Number(proc.text(`${HUGE_PAGES}/${folder}/free_hugepages`) ?? Number.NaN);
    if (kib !== undefined && !Number.isNaN(free)) sum += free * Number(kib) * 1024;
  }
  return sum;
}

function overcommitPoint(promised: number, usable: number, limit: number, at: EpochMs): Point {
  return {
    measurement: "memory_overcommit",
    tags: {},
    fields: {
      promised_bytes: { int: promised },
      usable_bytes: { int: usable },
      ratio: Math.round((promised / usable) * 10_000) / 10_000,
      limit,
    },
    at,
  };
}

/** Memory promised to machines against memory there is. Silent until this host has a machine. */
export function memoryOvercommitProbe(proc: ProcReader, options: OvercommitOptions = {}): Probe {
  const { limit = DEFAULT_LIMIT, reservedBytes = DEFAULT_RESERVED_BYTES } = options;
  return {
    name: "memory-overcommit",
    async detect({ elements }) {
      if (promisedBytes(elements().values()) === undefined) return undefined;
      return {
        sample(at, sink) {
          const usable = usableBytes(proc.text("/proc/meminfo") ?? "", reservedBytes + unusedHugePageBytes(proc));
          // The last machine may have gone: then nothing is promised.
          const promised = promisedBytes(elements().values()) ?? 0;
          if (usable !== undefined) sink(overcommitPoint(promised, usable, limit, at));
        },
      };
    },
  };
}
