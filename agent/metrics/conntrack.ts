import type { EpochMs } from "../../core/clock.ts";
import type { Point } from "../../core/line-protocol.ts";
import { intOf } from "./number-text.ts";

export interface ConntrackTexts {
  /** Undefined: the host's own namespace. */
  readonly netns: string | undefined;
  /** /proc/sys/net/netfilter/nf_conntrack_{count,max,buckets}; the count is the reader's own namespace's, the others the whole host's. */
  readonly count: string | undefined;
  readonly max: string | undefined;
  readonly buckets: string | undefined;
  /** /proc/<pid>/net/stat/nf_conntrack; absent without CONFIG_NF_CONNTRACK_PROCFS. */
  readonly stat: string | undefined;
}

/** Connection tracking of one network namespace. What every namespace's table can hold is one number, the host's. */
export function conntrackPoint(texts: ConntrackTexts, at: EpochMs): Point {
  const { netns, count, max, buckets, stat = "" } = texts;
  const events = sumByColumn(stat);
  const event = (name: string) => {
    const value = events.get(name);
    return value === undefined ? undefined : { int: value };
  };
  return {
    measurement: "conntrack",
    tags: { netns: netns ?? "" },
    fields: {
      count: count === undefined ? entriesOf(stat) : intOf(count.trim()),
      max: intOf(max?.trim()),
      buckets: intOf(buckets?.trim()),
      insert_failed: event("insert_failed"),
      drop: event("drop"),
      early_drop: event("early_drop"),
    },
    at,
  };
}

/** The first column of each row says the same: entries of the namespace the file belongs to. */
function entriesOf(stat: string): { readonly int: number } | undefined {
  const [header = "", row = ""] = stat.split("\n");
  const entries = header.startsWith("entries") ? Number.parseInt(row, 16) : Number.NaN;
  return Number.isNaN(entries) ? undefined : { int: entries };
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
