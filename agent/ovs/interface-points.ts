import type { EpochMs } from "../../core/clock.ts";
import type { FieldValue, Point } from "../../core/line-protocol.ts";
import type { PointSink } from "../probe.ts";
import type { OvsDatabase, OvsInterface } from "./ovs-rows.ts";

/** What does not change is written again this often: within the five minutes a query looks back, and seldom. */
const COUNTERS_AGAIN_MS = 60_000;
const OWNER_AGAIN_MS = 120_000;

/** Lines of counters in a sample; where more interfaces carry traffic, they take turns. About 40 bytes each, compressed. */
const MAX_BUSY_LINES = 60;

export interface InterfaceFacts {
  readonly database: OvsDatabase;
  readonly countersOf: (uuid: string) => ReadonlyMap<string, number> | undefined;
  /** UUIDs of interfaces whose device is counted in `net_if`. */
  readonly counted: ReadonlySet<string>;
}

/** What is worth saying of one interface. */
interface Line {
  readonly name: string;
  readonly hasCounters: boolean;
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

/** What was seen of an interface at the last sample, and what of it was written when. */
interface Told {
  readonly line: Line;
  readonly words: string;
  readonly seenAt: EpochMs;
  readonly writtenWords: string;
  readonly writtenAt: EpochMs;
  /** Where in a round it has its turn. */
  readonly phase: number;
}

/**
 * Writes what changed, and the rest in turns, so that two hundred interfaces that rest cost next to nothing. Before a
 * change after a pause comes the state at the last sample: a rate would else spread the change over the whole pause.
 */
export function createInterfaceTeller(): (lines: readonly Line[], at: EpochMs, sink: PointSink) => void {
  let told = new Map<string, Told>();
  let samples = 0;
  return (lines, at, sink) => {
    const write = ({ tags, fields }: Line, when: EpochMs) =>
      sink({ measurement: "ovs_interface", tags, fields, at: when });
    const seen = lines.map((line) => ({ line, words: wordsOf(line), last: told.get(line.name) }));
    const busy = seen.filter(({ line, words, last }) => line.hasCounters && last !== undefined && last.words !== words);
    const turns = Math.max(1, Math.ceil(busy.length / MAX_BUSY_LINES));
    samples++;
    told = new Map();
    for (const { line, words, last } of seen) {
      const phase = last?.phase ?? phaseOf(line.name);
      const hasChanged = last === undefined || last.writtenWords !== words;
      const hasTurn = !line.hasCounters || phase % turns === samples % turns;
      const isWritten = (hasChanged && hasTurn) || last === undefined || isDue(line, last, at);
      if (isWritten && hasChanged && last !== undefined && hasRested(last)) write(last.line, last.seenAt);
      if (isWritten) write(line, at);
      const written = isWritten || last === undefined ? { writtenWords: words, writtenAt: at } : last;
      told.set(line.name, { ...written, line, words, phase, seenAt: at });
    }
  };
}

function wordsOf({ tags, fields }: Line): string {
  return JSON.stringify([tags, fields]);
}

/** Whether it was seen unchanged since it was written. */
function hasRested({ words, seenAt, writtenWords, writtenAt }: Told): boolean {
  return words === writtenWords && seenAt > writtenAt;
}

/** Whether its time came since it was written; those of a host have their times at different samples. */
function isDue({ hasCounters }: Line, { writtenAt, phase }: Told, at: EpochMs): boolean {
  const againMs = hasCounters ? COUNTERS_AGAIN_MS : OWNER_AGAIN_MS;
  const phaseMs = phase % againMs;
  return Math.floor((at + phaseMs) / againMs) !== Math.floor((writtenAt + phaseMs) / againMs);
}

/** FNV-1a, spread once more: names that differ in their last character alone must not have their turns together. */
function phaseOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}
