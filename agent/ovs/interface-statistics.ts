import { isRecord } from "../../core/json.ts";

/** What is kept of the map `Interface.statistics` (vswitchd.conf.db(5)); its other keys are parts of these. */
const KEPT: ReadonlySet<string> = new Set([
  "rx_bytes",
  "rx_packets",
  "rx_errors",
  "rx_dropped",
  "tx_bytes",
  "tx_packets",
  "tx_errors",
  "tx_dropped",
]);

/** `<monitor-cond-requests>` of the counters. */
export const STATISTICS_REQUESTS = { Interface: [{ columns: ["statistics", "link_resets"] }] };

/** Counters of every interface, by the UUID of its row. */
export interface InterfaceStatistics {
  /** Takes `<table-updates2>` in. */
  apply(updates: unknown): void;
  /** Counters of an interface, `link_resets` among them. */
  of(uuid: string): ReadonlyMap<string, number> | undefined;
}

/**
 * Follows the counters apart from all that makes topology: they come every five seconds for each interface that carries
 * something. They are changed in place, for the same reason.
 */
export function createInterfaceStatistics(): InterfaceStatistics {
  const rows = new Map<string, Map<string, number>>();

  function applyRow(uuid: string, update: Readonly<Record<string, unknown>>): void {
    if ("delete" in update) {
      rows.delete(uuid);
      return;
    }
    const isDifference = "modify" in update;
    const row = (isDifference ? rows.get(uuid) : undefined) ?? new Map<string, number>();
    rows.set(uuid, row);
    const values = update.initial ?? update.insert ?? update.modify;
    if (!isRecord(values)) return;
    if (typeof values.link_resets === "number") row.set("link_resets", values.link_resets);
    for (const [key, value] of pairsOf(values.statistics)) {
      // A pair that is there already means that it is gone (ovsdb-server(7) §4.1.14).
      if (isDifference && row.get(key) === value) row.delete(key);
      else row.set(key, value);
    }
  }

  return {
    apply(updates) {
      const table = isRecord(updates) ? updates.Interface : undefined;
      if (!isRecord(table)) return;
      for (const [uuid, update] of Object.entries(table)) if (isRecord(update)) applyRow(uuid, update);
    },
    of: (uuid) => rows.get(uuid),
  };
}

function* pairsOf(map: unknown): Iterable<readonly [string, number]> {
  const pairs: unknown = Array.isArray(map) ? map[1] : undefined;
  if (!Array.isArray(pairs)) return;
  for (const pair of pairs) {
    const [key, value]: readonly unknown[] = Array.isArray(pair) ? pair : [];
    if (typeof key === "string" && typeof value === "number" && KEPT.has(key)) yield [key, value];
  }
}
