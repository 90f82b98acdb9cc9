import type { EpochMs } from "../../../core/clock.ts";
import type { FieldValue, Point } from "../../../core/line-protocol.ts";

/** A cell of a table: a number, a counter of 64 bits, or text. */
export type Cell = number | bigint | string;

/** Cells of one interface by their columns' OIDs. */
export type Row = ReadonlyMap<string, Cell>;

const IF_TABLE = "1.3.6.1.2.1.2.2.1";
const IF_X_TABLE = "1.3.6.1.2.1.31.1.1.1";

const DESCR = `${IF_TABLE}.2`;
const ADMIN_STATUS = `${IF_TABLE}.7`;
const OPER_STATUS = `${IF_TABLE}.8`;
const NAME = `${IF_X_TABLE}.1`;
const HIGH_SPEED = `${IF_X_TABLE}.15`;
const ALIAS = `${IF_X_TABLE}.18`;

/** Counters by the fields of `switch_if`; the second column is of old devices that have only 32 bits. Source: RFC 2863. */
const COUNTERS: { readonly [field: string]: readonly string[] } = {
  rx_bytes: [`${IF_X_TABLE}.6`, `${IF_TABLE}.10`],
  rx_unicast_packets: [`${IF_X_TABLE}.7`, `${IF_TABLE}.11`],
  rx_multicast_packets: [`${IF_X_TABLE}.8`],
  rx_broadcast_packets: [`${IF_X_TABLE}.9`],
  rx_dropped: [`${IF_TABLE}.13`],
  rx_errors: [`${IF_TABLE}.14`],
  tx_bytes: [`${IF_X_TABLE}.10`, `${IF_TABLE}.16`],
  tx_unicast_packets: [`${IF_X_TABLE}.11`, `${IF_TABLE}.17`],
  tx_multicast_packets: [`${IF_X_TABLE}.12`],
  tx_broadcast_packets: [`${IF_X_TABLE}.13`],
  tx_dropped: [`${IF_TABLE}.19`],
  tx_errors: [`${IF_TABLE}.20`],
};

/** What is asked of each interface. */
export const COLUMNS: readonly string[] = [
  ...new Set([DESCR, ADMIN_STATUS, OPER_STATUS, NAME, HIGH_SPEED, ALIAS, ...Object.values(COUNTERS).flat()]),
];

const UP = 1;
const MEGABIT = 1_000_000;

export interface SwitchIdentity {
  /** What the switch calls itself, or its address where it says nothing. */
  readonly host: string;
  readonly cluster: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** A point for each interface, by their ifIndex. */
export function interfacePoints(
  rows: ReadonlyMap<string, Row>,
  identity: SwitchIdentity,
  at: EpochMs,
): readonly Point[] {
  const names = uniqueNames(rows);
  return Array.from(rows, ([index, row]) => {
    const tags = {
      ...identity.labels,
      host: identity.host,
      cluster: identity.cluster,
      interface: names.get(index) ?? index,
      alias: textOf(row.get(ALIAS)),
      descr: textOf(row.get(DESCR)),
    };
    return { measurement: "switch_if", tags, fields: fieldsOf(row), at };
  });
}

function fieldsOf(row: Row): { readonly [field: string]: FieldValue } {
  const fields: { [field: string]: FieldValue } = {};
  for (const [field, columns] of Object.entries(COUNTERS)) {
    const cell = columns
      .map((column) => row.get(column))
      .find((value) => value !== undefined && typeof value !== "string");
    if (typeof cell === "number" || typeof cell === "bigint") fields[field] = counterOf(cell);
  }
  const [oper, admin, speed] = [row.get(OPER_STATUS), row.get(ADMIN_STATUS), row.get(HIGH_SPEED)];
  if (oper !== undefined) fields.up = { int: oper === UP ? 1 : 0 };
  if (admin !== undefined) fields.admin_up = { int: admin === UP ? 1 : 0 };
  // 0 is said where the speed is not known, as of a bridge.
  if (typeof speed === "number" && speed > 0) fields.speed_bps = { int: speed * MEGABIT };
  return fields;
}

const MAX_INT64 = 2n ** 63n - 1n;

/** No integer of InfluxDB 1.x has more than 63 bits. */
function counterOf(cell: number | bigint): FieldValue {
  return BigInt(cell) > MAX_INT64 ? Number(cell) : { int: cell };
}

/** ifName, or ifDescr where there is none; the same name twice gets its ifIndex, since each needs series of its own. */
function uniqueNames(rows: ReadonlyMap<string, Row>): ReadonlyMap<string, string> {
  const counts = new Map<string, number>();
  const named = Array.from(rows, ([index, row]) => {
    const name = textOf(row.get(NAME)) || textOf(row.get(DESCR)) || index;
    counts.set(name, (counts.get(name) ?? 0) + 1);
    return [index, name] as const;
  });
  return new Map(named.map(([index, name]) => [index, counts.get(name) === 1 ? name : `${name}#${index}`]));
}

function textOf(cell: Cell | undefined): string {
  return typeof cell === "string" ? cell : "";
}
