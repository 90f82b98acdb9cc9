import { arch, cpus, release } from "node:os";
import type { Attributes, Node } from "../../core/element.ts";
import { type ElementId, elementIdOf, hostId } from "../../core/element-id.ts";
import type { ProcReader } from "../proc-reader.ts";
import { attributesOf } from "./attributes.ts";

/** Where a machine stands. */
export interface Location {
  readonly region: string;
  readonly zone: string;
  readonly rack: string;
}

/** The place that the host's node stands below. The nodes of places are the recorder's to derive. */
export function placeId({ region, zone, rack }: Location): ElementId {
  return elementIdOf("region", region, "zone", zone, "rack", rack);
}

export function hostNode(host: string, location: Location | undefined, attributes: Attributes): Node {
  const parent = location === undefined ? undefined : placeId(location);
  return { id: hostId(host), kind: "host", name: host, cluster: "", host, parent, attributes };
}

/** What this machine is. `boot_id` and `booted_at` are volatile; the rest changes when somebody changes the machine. */
export function readHostAttributes(proc: ProcReader): Attributes {
  const memoryKib = /^MemTotal:\s+(\d+)/m.exec(proc.text("/proc/meminfo") ?? "")?.[1];
  const bootedAtSeconds = /^btime (\d+)/m.exec(proc.text("/proc/stat") ?? "")?.[1];
  return attributesOf({
    kernel: release(),
    architecture: arch(),
    os: osNameOf(proc.text("/etc/os-release") ?? ""),
    cpus: cpus().length,
    memory_bytes: memoryKib === undefined ? undefined : Number(memoryKib) * 1024,
    boot_id: bootIdOf(proc),
    booted_at: bootedAtSeconds === undefined ? undefined : Number(bootedAtSeconds) * 1000,
  });
}

export function bootIdOf(proc: ProcReader): string | undefined {
  return proc.text("/proc/sys/kernel/random/boot_id")?.trim();
}

/** PRETTY_NAME of os-release(5), which may stand in single or double quotes or none. */
export function osNameOf(osRelease: string): string | undefined {
  return /^PRETTY_NAME=(["']?)(.*)\1$/m.exec(osRelease)?.[2];
}
