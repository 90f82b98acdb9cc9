import { type Atom, type ColumnValue, isMap, type Row } from "./ovsdb-value.ts";
import type { Tables } from "./replica.ts";

/** The rows of the database with the types and defaults of vswitchd.conf.db(5). */
export interface OvsDatabase {
  readonly version: string | undefined;
  readonly externalIds: { readonly [key: string]: string };
  readonly otherConfig: { readonly [key: string]: string };
  readonly bridges: readonly OvsBridge[];
}

export interface OvsBridge {
  readonly uuid: string;
  readonly name: string;
  readonly datapathType: string;
  readonly datapathId: string | undefined;
  readonly failMode: string | undefined;
  readonly controllers: readonly { readonly target: string; readonly isConnected: boolean }[];
  readonly externalIds: { readonly [key: string]: string };
  readonly otherConfig: { readonly [key: string]: string };
  readonly ports: readonly OvsPort[];
}

export interface OvsPort {
  readonly uuid: string;
  readonly name: string;
  readonly tag: number | undefined;
  readonly trunks: readonly number[];
  readonly vlanMode: string | undefined;
  readonly bondMode: string | undefined;
  readonly lacp: string | undefined;
  /** MAC address of the active member of a bond. */
  readonly bondActiveMember: string | undefined;
  readonly otherConfig: { readonly [key: string]: string };
  /** One, or several for a bond. */
  readonly interfaces: readonly OvsInterface[];
}

export interface OvsInterface {
  readonly uuid: string;
  readonly name: string;
  /** system, internal, patch, vxlan … */
  readonly type: string;
  readonly ofport: number | undefined;
  readonly error: string | undefined;
  readonly externalIds: { readonly [key: string]: string };
  readonly options: { readonly [key: string]: string };
  readonly linkState: string | undefined;
  readonly adminState: string | undefined;
  readonly macInUse: string | undefined;
  readonly mtu: number | undefined;
  /** 0 when there is no such device. */
  readonly ifindex: number | undefined;
  readonly lacpCurrent: boolean | undefined;
}

/** Joins the tables into bridges with their ports with their interfaces. */
export function parseDatabase(tables: Tables): OvsDatabase {
  const [root] = tables.Open_vSwitch?.values() ?? [];
  return {
    version: textOf(root?.ovs_version),
    externalIds: textsOf(root?.external_ids),
    otherConfig: textsOf(root?.other_config),
    bridges: [...(tables.Bridge ?? [])].map(([uuid, row]) => parseBridge(uuid, row, tables)),
  };
}

function parseBridge(uuid: string, row: Row, tables: Tables): OvsBridge {
  return {
    uuid,
    name: textOf(row.name) ?? uuid,
    datapathType: textOf(row.datapath_type) ?? "system",
    datapathId: textOf(row.datapath_id),
    failMode: textOf(row.fail_mode),
    controllers: rowsOf(row.controller, tables.Controller).map(([, controller]) => ({
      target: textOf(controller.target) ?? "",
      isConnected: controller.is_connected === true,
    })),
    externalIds: textsOf(row.external_ids),
    otherConfig: textsOf(row.other_config),
    ports: rowsOf(row.ports, tables.Port).map(([portUuid, port]) => parsePort(portUuid, port, tables)),
  };
}

function parsePort(uuid: string, row: Row, tables: Tables): OvsPort {
  return {
    uuid,
    name: textOf(row.name) ?? uuid,
    tag: numberOf(row.tag),
    trunks: listOf(row.trunks).filter((item) => typeof item === "number"),
    vlanMode: textOf(row.vlan_mode),
    bondMode: textOf(row.bond_mode),
    lacp: textOf(row.lacp),
    bondActiveMember: textOf(row.bond_active_slave),
    otherConfig: textsOf(row.other_config),
    interfaces: rowsOf(row.interfaces, tables.Interface).map(([it, columns]) => parseInterface(it, columns)),
  };
}

function parseInterface(uuid: string, row: Row): OvsInterface {
  return {
    uuid,
    name: textOf(row.name) ?? "",
    type: textOf(row.type) ?? "system",
    ofport: numberOf(row.ofport),
    error: textOf(row.error),
    externalIds: textsOf(row.external_ids),
    options: textsOf(row.options),
    linkState: textOf(row.link_state),
    adminState: textOf(row.admin_state),
    macInUse: textOf(row.mac_in_use),
    mtu: numberOf(row.mtu),
    ifindex: numberOf(row.ifindex),
    lacpCurrent: typeof row.lacp_current === "boolean" ? row.lacp_current : undefined,
  };
}

/** The rows that a column of references names; a row may be missing for a moment between two notifications. */
function rowsOf(
  references: ColumnValue,
  table: ReadonlyMap<string, Row> | undefined,
): readonly (readonly [string, Row])[] {
  const uuids = typeof references === "string" ? [references] : listOf(references);
  return uuids.flatMap((uuid): (readonly [string, Row])[] => {
    const row = table?.get(String(uuid));
    return row === undefined ? [] : [[String(uuid), row]];
  });
}

function listOf(value: ColumnValue): readonly Atom[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: ColumnValue): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function numberOf(value: ColumnValue): number | undefined {
  return typeof value === "number" ? value : undefined;
}

function textsOf(value: ColumnValue): { readonly [key: string]: string } {
  if (!isMap(value)) return {};
  return Object.fromEntries(Object.entries(value).map(([key, held]) => [key, String(held)]));
}
