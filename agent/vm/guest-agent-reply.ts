import type { EpochMs } from "../../core/clock.ts";
import { isRecord, parseJson } from "../../core/json.ts";
import { intField, type Point } from "../../core/line-protocol.ts";
import { type DomainConfig, domainTags } from "./domain.ts";

/** Of one guest; somebody else rules what is inside. */
const MAX_FILESYSTEMS = 20;
const MAX_ADDRESSES = 50;
const MAX_TEXT_CHARS = 200;
/** Of any list in an answer; a longer answer than this is none: reading it would hold up everything else. */
const MAX_ITEMS = 1_024;
const MAX_REPLY_CHARS = 512 * 1024;

/** Never full by nature, or always. */
const UNTOLD_TYPES: ReadonlySet<string> = new Set(["squashfs", "iso9660", "overlay", "udf", "erofs"]);

/** `return` of an answer (QEMU guest agent protocol); undefined for what is no answer. */
export function parseReturn(text: string): unknown {
  const reply = text.length > MAX_REPLY_CHARS ? undefined : parseJson(text);
  return isRecord(reply) ? reply.return : undefined;
}

/** Names of commands that may be used, of `guest-info`. */
export function enabledCommands(info: unknown): ReadonlySet<string> {
  const names = new Set<string>();
  for (const it of listOf(isRecord(info) ? info.supported_commands : undefined)) {
    if (it.enabled === true && typeof it.name === "string") names.add(it.name);
  }
  return names;
}

/** Of `guest-get-fsinfo`; agents before QEMU 3.0 tell no sizes. */
export function filesystemPoints(info: unknown, config: DomainConfig, at: EpochMs): readonly Point[] {
  const points = new Map<string, Point>();
  for (const it of listOf(info)) {
    const [mountpoint, fstype] = [textOf(it.mountpoint), textOf(it.type)];
    const [size, used] = [numberOf(it["total-bytes"]), numberOf(it["used-bytes"])];
    if (mountpoint === undefined || fstype === undefined || UNTOLD_TYPES.has(fstype) || size === undefined) continue;
    const tags = { ...domainTags(config), mountpoint, fstype };
    points.set(mountpoint, {
      measurement: "vm_filesystem",
      tags,
      fields: { size_bytes: intField(size), used_bytes: intField(used) },
      at,
    });
  }
  // Always the same ones of a guest that has more.
  return [...points.keys()]
    .toSorted()
    .slice(0, MAX_FILESYSTEMS)
    .flatMap((key) => points.get(key) ?? []);
}

export interface InsideAnswers {
  readonly cpus: unknown;
  readonly load: unknown;
}

/** Of `guest-get-cpustats` (milliseconds, for each processor) and `guest-get-load`; either may be unknown to the agent. */
export function insidePoint({ cpus, load }: InsideAnswers, config: DomainConfig, at: EpochMs): Point | undefined {
  const list = listOf(cpus);
  const loads = isRecord(load) ? load : {};
  if (list.length === 0 && numberOf(loads.load1m) === undefined) return undefined;
  const seconds = (...names: readonly string[]) => {
    const known = list.flatMap((cpu) => names.flatMap((name) => numberOf(cpu[name]) ?? []));
    return known.length === 0 ? undefined : known.reduce((sum, it) => sum + it, 0) / 1000;
  };
  return {
    measurement: "vm_guest",
    tags: domainTags(config),
    fields: {
      load1: numberOf(loads.load1m),
      load5: numberOf(loads.load5m),
      load15: numberOf(loads.load15m),
      cpu_user_s: seconds("user", "nice"),
      cpu_system_s: seconds("system", "irq", "softirq"),
      cpu_idle_s: seconds("idle"),
      cpu_iowait_s: seconds("iowait"),
      cpu_steal_s: seconds("steal"),
    },
    at,
  };
}

/**
 * CIDRs of `guest-network-get-interfaces`, sorted: those of the machine's own cards. What containers inside have comes and
 * goes and is nobody's business; link-local addresses say nothing.
 */
export function guestAddresses(interfaces: unknown, config: DomainConfig): readonly string[] {
  const cards = new Set(config.interfaces.flatMap(({ mac }) => mac ?? []));
  const addresses = new Set<string>();
  for (const it of listOf(interfaces)) {
    if (!cards.has(textOf(it["hardware-address"])?.toLowerCase() ?? "")) continue;
    for (const address of listOf(it["ip-addresses"])) {
      const [ip, prefix] = [textOf(address["ip-address"]), numberOf(address.prefix)];
      if (ip !== undefined && prefix !== undefined && !/^fe[89ab]/i.test(ip)) addresses.add(`${ip}/${prefix}`);
    }
  }
  return [...addresses].toSorted().slice(0, MAX_ADDRESSES);
}

/** `pretty-name` of `guest-get-osinfo`, `host-name` of `guest-get-host-name`. */
export function textAt(answer: unknown, name: string): string | undefined {
  return isRecord(answer) ? textOf(answer[name]) : undefined;
}

function listOf(value: unknown): readonly Record<string, unknown>[] {
  return Array.isArray(value) ? value.slice(0, MAX_ITEMS).filter(isRecord) : [];
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value.slice(0, MAX_TEXT_CHARS) : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : undefined;
}
