import type { ProcReader } from "../proc-reader.ts";

/**
 * Names of the interfaces of this network namespace that the kernel does not count among its virtual ones, sorted: few of hundreds. Two
 * folders are read instead of one link for each tap.
 */
export function hardwareInterfaces(proc: ProcReader): readonly string[] {
  const virtual = new Set(proc.names("/sys/devices/virtual/net"));
  return proc
    .names("/sys/class/net")
    .filter((name) => !virtual.has(name))
    .toSorted();
}
