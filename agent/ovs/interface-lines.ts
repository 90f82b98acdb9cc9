import { type FieldValue, intField, type Point } from "../../core/line-protocol.ts";
import type { OvsDatabase, OvsInterface } from "./ovs-rows.ts";

export interface InterfaceFacts {
  readonly database: OvsDatabase;
  readonly countersOf: (uuid: string) => ReadonlyMap<string, number> | undefined;
  /** UUIDs of interfaces whose device is counted in `net_if`. */
  readonly counted: ReadonlySet<string>;
}

/** What is worth saying of one interface. */
export interface InterfaceLine {
  readonly name: string;
  readonly hasCounters: boolean;
  readonly tags: Point["tags"];
  readonly fields: Point["fields"];
}

/**
 * Of an interface that only the switch has (tunnel, vhost-user, DPDK): its counters. Of one whose device the kernel
 * counts: whose it is and its state, since `net_if` has its counters already, and only when somebody owns it. Of a patch
 * cord nothing: both ends count what their bridges count.
 */
export function interfaceLines({ database, countersOf, counted }: InterfaceFacts): readonly InterfaceLine[] {
  const lines: InterfaceLine[] = [];
  for (const bridge of database.bridges) {
    for (const port of bridge.ports) {
      for (const it of port.interfaces) {
        if (it.type === "patch") continue;
        const { "iface-id": portId = "", "vm-uuid": vmId = "" } = it.externalIds;
        const isCounted = counted.has(it.uuid);
        if (isCounted && portId === "" && vmId === "") continue;
        const counters = countersOf(it.uuid);
        const fields = { ...stateFields(it, counters), ...(isCounted ? {} : counterFields(counters)) };
        const remote = { remote_ip: it.options.remote_ip ?? "", port_id: portId, vm_id: vmId };
        lines.push({
          name: it.name,
          hasCounters: !isCounted,
          tags: { bridge: bridge.name, port: port.name, interface: it.name, type: it.type, ...remote },
          fields,
        });
      }
    }
  }
  return lines;
}

function stateFields(it: OvsInterface, counters: ReadonlyMap<string, number> | undefined): Point["fields"] {
  return {
    link_up: flagOf(it.linkState),
    admin_up: flagOf(it.adminState),
    link_resets: intField(counters?.get("link_resets")),
  };
}

function counterFields(counters: ReadonlyMap<string, number> | undefined): Point["fields"] {
  const fields: Record<string, FieldValue> = {};
  for (const [name, value] of counters ?? []) if (name !== "link_resets") fields[name] = { int: value };
  return fields;
}

function flagOf(state: string | undefined): FieldValue {
  return state === undefined ? undefined : { int: state === "up" ? 1 : 0 };
}
