import type { EpochMs } from "../../core/clock.ts";
import type { Point } from "../../core/line-protocol.ts";
import { intOf } from "./number-text.ts";

export interface ConntrackTexts {
  /** /proc/sys/net/netfilter/nf_conntrack_{count,max,buckets}. */
  readonly count: string;
  readonly max: string | undefined;
  readonly buckets: string | undefined;
  /** /proc/net/stat/nf_conntrack; absent without CONFIG_NF_CONNTRACK_PROCFS. */
  readonly stat: string | undefined;
}

/** Connection tracking of the host's own network namespace. Count is this namespace's, max the whole host's. */
export function conntrackPoint(texts: ConntrackTexts, at: EpochMs): Point {
  const events = sumByColumn(texts.stat ?? "");
  const event = (name: string) => {
    const value = events.get(name);
    return value === undefined ? undefined : { int: value };
  };
  return {
    measurement: "conntrack",
    tags: {},
    fields: {
      count: intOf(texts.count.trim()),
      max: intOf(texts.max?.trim()),
      buckets: intOf(texts.buckets?.trim()),
      insert_failed: event("insert_failed"),
      drop: event("drop"),
      early_drop: event("early_drop"),
    },
    at,
  };
}

/** Hexadecimal columns, one row for each CPU; the set of columns varies by kernel, so they go by their header. */
function sumByColumn(stat: string): ReadonlyMap<string, number> {
  const [header = "", ...rows] = stat.trim().split("\n");
  const names = header.trim().split(/\s+/);
  const sums = new Map<string, number>();
  for (const row of rows) {
    for (const [index, text] of row.trim().split(/\s+/).entries()) {
      const name = names[index];
      if (name !== undefined) sums.set(name, (sums.get(name) ?? 0) + Number.parseInt(text, 16));
    }
  }
  return sums;
}
