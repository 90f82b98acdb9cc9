import type { EpochMs } from "../../core/clock.ts";
import type { Point } from "../../core/line-protocol.ts";
import { intOf, numberOf } from "./number-text.ts";

export interface SystemTexts {
  readonly loadavg: string;
  readonly stat: string;
  readonly uptime: string;
}

/** Load, scheduling and uptime, from /proc/loadavg, /proc/stat and /proc/uptime. */
export function systemPoint(texts: SystemTexts, at: EpochMs): Point {
  const [load1, load5, load15] = texts.loadavg.split(" ");
  const counts = new Map<string, string>();
  let cpus = 0;
  for (const line of texts.stat.split("\n")) {
    const space = line.indexOf(" ");
    const name = line.slice(0, space);
    if (/^cpu\d/.test(name)) cpus++;
    else if (name !== "intr" && name !== "softirq") counts.set(name, line.slice(space + 1));
  }
  return {
    measurement: "system",
    tags: {},
    fields: {
      load1: numberOf(load1),
      load5: numberOf(load5),
      load15: numberOf(load15),
      cpus: { int: cpus },
      context_switches: intOf(counts.get("ctxt")),
      forks: intOf(counts.get("processes")),
      processes_running: intOf(counts.get("procs_running")),
      processes_blocked: intOf(counts.get("procs_blocked")),
      uptime_s: numberOf(texts.uptime.split(" ")[0]),
    },
    at,
  };
}
