import { join } from "node:path";
import type { ProcReader } from "../proc-reader.ts";
import type { DomainConfig, DomainInterface } from "./domain.ts";
import { parseDomainXml } from "./domain-xml.ts";
import { type PassedFunction, readPassedFunctions } from "./passed-functions.ts";
import { startSecondsOf } from "./qemu-process.ts";
import type { QemuProcess } from "./qemu-scan.ts";

/** A machine known by its process. */
export interface QemuMachine {
  readonly pid: string;
  readonly config: DomainConfig;
  readonly startSeconds: number | undefined;
  /** Thread of each virtual processor, by its number; empty unless QEMU names its threads (`-name debug-threads=on`). */
  readonly vcpuThreads: ReadonlyMap<number, string>;
  readonly functions: readonly PassedFunction[];
}

/**
 * Reads what the process, its files and threads say. Where libvirt started it and is away now, the definition that libvirt
 * keeps in its run folder says more. Undefined when the process is gone or the machine has neither uuid nor name.
 */
export function readMachine(
  proc: ProcReader,
  { pid, commandLine }: QemuProcess,
  runFolder: string,
): QemuMachine | undefined {
  const { uuid, name, vcpus, memoryMib, machine } = commandLine;
  const id = uuid ?? name;
  const startSeconds = startSecondsOf(proc, pid);
  if (id === undefined || startSeconds === undefined) return undefined;
  const kept = name === undefined || name.includes("/") ? undefined : proc.text(join(runFolder, "qemu", `${name}.xml`));
  const defined = kept === undefined ? undefined : parseDomainXml(Buffer.from(kept, "latin1").toString("utf8"));
  const config: DomainConfig =
    defined?.uuid === id
      ? defined
      : {
          uuid: id,
          name: name ?? id,
          vcpus,
          memoryMib,
          machine,
          nova: undefined,
          interfaces: tapsOf(proc, pid),
          disks: [],
          hostDevices: [],
          hasGuestAgent: false,
        };
  return {
    pid,
    config,
    startSeconds,
    vcpuThreads: vcpuThreadsOf(proc, pid),
    functions: readPassedFunctions(proc, config),
  };
}

/** An open /dev/net/tun tells in its `fdinfo` which device it is (drivers/net/tun.c); a queue of its own is another file. */
function tapsOf(proc: ProcReader, pid: string): readonly DomainInterface[] {
  const names = new Set<string>();
  for (const file of proc.names(`/proc/${pid}/fd`)) {
    if (proc.link(`/proc/${pid}/fd/${file}`) !== "/dev/net/tun") continue;
    const name = /^iff:\s*(\S+)$/m.exec(proc.text(`/proc/${pid}/fdinfo/${file}`) ?? "")?.[1];
    if (name !== undefined) names.add(name);
  }
  return [...names].toSorted().map((target) => ({ backend: "tap", target, mac: undefined, portId: undefined }));
}

function vcpuThreadsOf(proc: ProcReader, pid: string): ReadonlyMap<number, string> {
  const threads = new Map<number, string>();
  for (const thread of proc.names(`/proc/${pid}/task`)) {
    const number = /^CPU (\d+)\//.exec(proc.text(`/proc/${pid}/task/${thread}/comm`) ?? "")?.[1];
    if (number !== undefined) threads.set(Number(number), thread);
  }
  return threads;
}
