import type { EpochMs } from "../../core/clock.ts";
import type { Point } from "../../core/line-protocol.ts";
import { intOf, scaledIntOf } from "./number-text.ts";

/** From /proc/meminfo (kB) and /proc/vmstat. Kernels before 4.13 have no `oom_kill`; the field is then left out. */
export function memoryPoint(meminfo: string, vmstat: string, at: EpochMs): Point {
  const kib = valuesByName(meminfo, /^([^:]+):\s+(\d+)/);
  const events = valuesByName(vmstat, /^(\S+) (\d+)/);
  const bytes = (name: string) => scaledIntOf(kib.get(name), 1024);
  return {
    measurement: "mem",
    tags: {},
    fields: {
      total_bytes: bytes("MemTotal"),
      available_bytes: bytes("MemAvailable"),
      free_bytes: bytes("MemFree"),
      buffers_bytes: bytes("Buffers"),
      cached_bytes: bytes("Cached"),
      dirty_bytes: bytes("Dirty"),
      slab_bytes: bytes("Slab"),
      committed_bytes: bytes("Committed_AS"),
      swap_total_bytes: bytes("SwapTotal"),
      swap_free_bytes: bytes("SwapFree"),
      hugepages_total: intOf(kib.get("HugePages_Total")),
      hugepages_free: intOf(kib.get("HugePages_Free")),
      hugepage_bytes: bytes("Hugepagesize"),
      oom_kills: intOf(events.get("oom_kill")),
      major_faults: intOf(events.get("pgmajfault")),
    },
    at,
  };
}

function valuesByName(text: string, pattern: RegExp): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const line of text.split("\n")) {
    const [, name, value] = pattern.exec(line) ?? [];
    if (name !== undefined && value !== undefined) values.set(name, value);
  }
  return values;
}
