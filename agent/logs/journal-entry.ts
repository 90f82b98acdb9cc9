import { type EpochMs, epochMsOf } from "../../core/clock.ts";
import { isRecord, parseJson } from "../../core/json.ts";
import type { LogFamily } from "./log-pattern.ts";

/** One entry of the journal, of a service whose lines are looked through. */
export interface JournalEntry {
  readonly cursor: string;
  /** The unit without `.service`, or what the service calls itself: `nova-compute`, `devstack@n-cpu`. */
  readonly source: string;
  readonly family: LogFamily;
  readonly at: EpochMs;
  readonly message: string;
}

/** Units by name, as `journalctl --unit` takes them; what is first fits. */
const UNITS: readonly (readonly [start: string, family: LogFamily])[] = [
  ...["nova-", "neutron-", "cinder-", "glance-", "keystone-", "placement-", "heat-", "octavia-", "devstack@"].map(
    (start) => [start, "oslo"] as const,
  ),
  ["ovs-vswitchd", "ovs"],
  ["ovsdb-server", "ovs"],
  ["libvirtd", "libvirt"],
  ["virtqemud", "libvirt"],
];

export const JOURNAL_UNITS: readonly string[] = UNITS.map(([start]) => `${start}*`);
export const JOURNAL_FIELDS = ["MESSAGE", "_SYSTEMD_UNIT", "SYSLOG_IDENTIFIER", "_TRANSPORT"] as const;

/**
 * Reads a line of `journalctl --output=json`; undefined when it is of another service, or none. Source: systemd's Journal JSON format, where a message
 * that is not text is a list of bytes.
 */
export function parseJournalEntry(line: string): JournalEntry | undefined {
  const entry = parseJson(line);
  if (!isRecord(entry) || entry._TRANSPORT === "kernel") return undefined;
  const {
    MESSAGE,
    __CURSOR: cursor,
    __REALTIME_TIMESTAMP: micros,
    _SYSTEMD_UNIT: unit,
    SYSLOG_IDENTIFIER: named,
  } = entry;
  const source = [unit, named].find((it) => typeof it === "string" && familyOf(it) !== undefined);
  if (typeof source !== "string" || typeof cursor !== "string") return undefined;
  const family = familyOf(source);
  const message = Array.isArray(MESSAGE) ? Buffer.from(MESSAGE).toString("utf8") : MESSAGE;
  const ms = Number(micros) / 1000;
  if (family === undefined || typeof message !== "string" || !Number.isFinite(ms)) return undefined;
  // devstack's services write in colours.
  const plain = message.replace(/\p{Cc}\[[\d;]*m/gu, "");
  return { cursor, source: source.replace(/\.service$/, ""), family, at: epochMsOf(Math.trunc(ms)), message: plain };
}

function familyOf(unit: string): LogFamily | undefined {
  return UNITS.find(([start]) => unit.startsWith(start))?.[1];
}
