import { arch, cpus, release } from "node:os";
import type { Attributes, Node } from "../../core/element.ts";
import { hostId } from "../../core/element-id.ts";
import type { ProcReader } from "../proc-reader.ts";
import { attributesOf } from "./attributes.ts";

export function hostNode(host: string, attributes: Attributes): Node {
  return { id: hostId(host), kind: "host", name: host, cluster: "", host, attributes };
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
