import { isRecord } from "../../core/json.ts";
import { applyDifference, type ColumnKind, columnKindOf, parseValue, type Row } from "./ovsdb-value.ts";

/**
 * What is watched of the database `Open_vSwitch`. Left out are statistics, which interface-statistics.ts follows apart,
 * `cur_cfg`, which changes with every command, and a column that a version of Open vSwitch does not have.
 */
export const WATCHED_COLUMNS = {
  Open_vSwitch: ["ovs_version", "external_ids", "other_config"],
  Bridge: ["name", "ports", "datapath_type", "datapath_id", "fail_mode", "controller", "external_ids", "other_config"],
  Controller: ["target", "is_connected"],
  Port: ["name", "interfaces", "tag", "trunks", "vlan_mode", "bond_mode", "lacp", "bond_active_slave", "other_config"],
  Interface: [
    "name",
    "type",
    "ofport",
    "error",
    "external_ids",
    "options",
    "link_state",
    "admin_state",
    "mac_in_use",
    "mtu",
    "ifindex",
    "lacp_current",
  ],
} as const satisfies { readonly [table: string]: readonly string[] };

/** Table → column → kind, of the columns that are watched and that this server has. */
export type WatchedSchema = { readonly [table: string]: { readonly [column: string]: ColumnKind } };

/** Table → row's uuid → row. */
export type Tables = { readonly [table: string]: ReadonlyMap<string, Row> };

/** Picks the watched columns out of the reply to `get_schema`. */
export function parseSchema(reply: unknown): WatchedSchema {
  const tables = isRecord(reply) && isRecord(reply.tables) ? reply.tables : {};
  const schema: Record<string, Record<string, ColumnKind>> = {};
  for (const [table, columns] of Object.entries(WATCHED_COLUMNS)) {
    const described = tables[table];
    const known = isRecord(described) && isRecord(described.columns) ? described.columns : {};
    const present = columns.filter((column) => known[column] !== undefined);
    schema[table] = Object.fromEntries(present.map((column) => [column, columnKindOf(known[column])]));
  }
  return schema;
}

/** `<monitor-cond-requests>` for all watched columns. */
export function monitorRequests(schema: WatchedSchema): { readonly [table: string]: unknown } {
  return Object.fromEntries(
    Object.entries(schema).map(([table, columns]) => [table, [{ columns: Object.keys(columns) }]]),
  );
}

/** Applies `<table-updates2>`: the reply to `monitor_cond` or the body of an `update2` notification. */
export function applyUpdate2(schema: WatchedSchema, tables: Tables, updates: unknown): Tables {
  const next: Record<string, ReadonlyMap<string, Row>> = { ...tables };
  for (const [table, rows] of Object.entries(isRecord(updates) ? updates : {})) {
    const columns = schema[table];
    if (columns === undefined || !isRecord(rows)) continue;
    const changed = new Map(next[table] ?? []);
    for (const [uuid, update] of Object.entries(rows)) {
      const row = applyRowUpdate2(columns, changed.get(uuid), isRecord(update) ? update : {});
      if (row === undefined) changed.delete(uuid);
      else changed.set(uuid, row);
    }
    next[table] = changed;
  }
  return next;
}

/** One of `initial`, `insert` (whole rows without default values), `modify` (differences) and `delete`. */
function applyRowUpdate2(
  columns: { readonly [column: string]: ColumnKind },
  before: Row | undefined,
  update: { readonly [operation: string]: unknown },
): Row | undefined {
  if ("delete" in update) return undefined;
  const isWhole = "initial" in update || "insert" in update;
  const values = update.initial ?? update.insert ?? update.modify;
  const row: Record<string, Row[string]> = isWhole ? {} : { ...before };
  for (const [column, value] of Object.entries(isRecord(values) ? values : {})) {
    const kind = columns[column];
    if (kind === undefined) continue;
    row[column] = isWhole ? parseValue(kind, value) : applyDifference(kind, before?.[column], value);
  }
  return row;
}
