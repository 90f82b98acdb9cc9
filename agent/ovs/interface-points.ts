import type { EpochMs } from "../../core/clock.ts";
import type { FieldValue, Point } from "../../core/line-protocol.ts";
import type { PointSink } from "../probe.ts";
import type { OvsDatabase, OvsInterface } from "./ovs-rows.ts";

/** What does not change is written again this often: within the five minutes a query looks back, and seldom. */
const COUNTERS_AGAIN_MS = 60_000;
const OWNER_AGAIN_MS = 120_000;

export interface InterfaceFacts {
  readonly database: OvsDatabase;
  readonly countersOf: (uuid: string) => ReadonlyMap<string, number> | undefined;
  /** UUIDs of interfaces whose device is counted in `net_if`. */
  readonly counted: ReadonlySet<string>;
}

/** What is worth saying of one interface. */
interface Line {
  readonly name: string;
  readonly againMs: number;
  readonly tags: Point["tags"];
  readonly fields: Point["fields"];
}

/**
 * Of an interface that only the switch has (tunnel, vhost-user, DPDK): its counters. Of one whose device the kernel
 * counts: whose it is and its state, since `net_if` has its counters already, and only when somebody owns it. Of a patch
 * cord nothing: both ends count what their bridges count. Counters that never rose are left out.
 */
export function interfaceLines({ database, countersOf, counted }: InterfaceFacts): readonly Line[] {
  const lines: Line[] = [];
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
          againMs: isCounted ? OWNER_AGAIN_MS : COUNTERS_AGAIN_MS,
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
    link_resets: intOf(counters?.get("link_resets")),
  };
}

function counterFields(counters: ReadonlyMap<string, number> | undefined): Point["fields"] {
  const fields: Record<string, FieldValue> = {};
  for (const [name, value] of counters ?? []) if (name !== "link_resets" && value > 0) fields[name] = { int: value };
  return fields;
}

function flagOf(state: string | undefined): FieldValue {
  return state === undefined ? undefined : { int: state === "up" ? 1 : 0 };
}

function intOf(value: number | undefined): FieldValue {
  return value === undefined ? undefined : { int: value };
}

/** What was said of an interface last. */
interface Told {
  line: Line;
  words: string;
  writtenAt: EpochMs;
  seenAt: EpochMs;
}

/**
 * Writes what changed, and the rest in turns, so that two hundred interfaces that rest cost next to nothing. Before a
 * change after a pause comes the state at the last sample: a rate would else spread the change over the whole pause.
 */
export function createInterfaceTeller(): (lines: readonly Line[], at: EpochMs, sink: PointSink) => void {
  let told = new Map<string, Told>();
  return (lines, at, sink) => {
    const next = new Map<string, Told>();
    const write = (line: Line, when: EpochMs) =>
      sink({ measurement: "ovs_interface", tags: line.tags, fields: line.fields, at: when });
    for (const line of lines) {
      const words = wordsOf(line);
      const last = told.get(line.name);
      const hasChanged = last?.words !== words;
      if (hasChanged && last !== undefined && last.seenAt > last.writtenAt) write(last.line, last.seenAt);
      const isDue = last === undefined || turnOf(line, at) !== turnOf(line, last.writtenAt);
      if (hasChanged || isDue) write(line, at);
      const writtenAt = hasChanged || isDue ? at : last.writtenAt;
      next.set(line.name, { line, words, writtenAt, seenAt: at });
    }
    told = next;
  };
}

function wordsOf({ tags, fields }: Line): string {
  return JSON.stringify([tags, fields]);
}

/** Rises by one whenever it is an interface's turn; those of a host have their turns at different samples. */
function turnOf({ name, againMs }: Line, at: EpochMs): number {
  let phase = 0;
  for (let i = 0; i < name.length; i++) phase = (phase * 31 + name.charCodeAt(i)) % 1_000_003;
  return Math.floor((at + (phase % againMs)) / againMs);
}
