import { isDeepStrictEqual } from "node:util";
import { OperatorError } from "../../../core/errors.ts";
import { waitUnlessOver } from "../../../core/wait.ts";
import type { Probe, ProbeContext, ProbeSession } from "../../probe.ts";
import type { ProcReader } from "../../proc-reader.ts";
import { runIp } from "../../topology/ip-command.ts";
import { hardwareInterfaces } from "../hardware-interfaces.ts";
import { READ_EVERY_MS, readPaced } from "../paced-reading.ts";
import { type PhysicalFunction, vfContribution, vfPoints } from "./vf-elements.ts";
import { parseVfInfos, type VfDevice } from "./virtual-function.ts";

/** More than a host has: 4 ports with 128 each. */
const MAX_FUNCTIONS = 16;
const MAX_VFS_OF_ONE = 256;

/** What `ip` prints of one interface; undefined when it cannot. */
export type LinkReader = (name: string, signal: AbortSignal) => Promise<string | undefined>;

/**
 * Virtual functions of SR-IOV: which there are and which address on the bus each has (from sysfs, at each sample), and what
 * their physical function was told about them (MAC, VLAN, trust …; from `ip`, once a minute and when their number changes).
 */
export function sriovProbe(host: string, proc: ProcReader, readLink: LinkReader = ipLink): Probe {
  return {
    name: "sriov",
    async detect(context) {
      return physicalFunctions(proc).length === 0 ? undefined : startSession({ host, proc, readLink }, context);
    },
  };
}

interface Deps {
  readonly host: string;
  readonly proc: ProcReader;
  readonly readLink: LinkReader;
}

async function startSession({ host, proc, readLink }: Deps, { signal, changed }: ProbeContext): Promise<ProbeSession> {
  const ended = Promise.withResolvers<string>();
  let functions: readonly PhysicalFunction[] = [];
  let told = vfContribution(host, functions);

  async function read(): Promise<void> {
    const next: PhysicalFunction[] = [];
    for (const it of physicalFunctions(proc)) {
      const text = await readLink(it.name, signal);
      next.push({ ...it, infos: text === undefined ? [] : parseVfInfos(text) });
    }
    functions = next;
    const contribution = vfContribution(host, functions);
    if (isDeepStrictEqual(contribution, told)) return;
    told = contribution;
    changed();
  }

  let isReading = false;
  async function readOnce(): Promise<void> {
    if (isReading) return;
    isReading = true;
    await read().finally(() => {
      isReading = false;
    });
  }

  // Before anything is told: functions that appear a moment later would look new.
  await readOnce();
  void waitUnlessOver(READ_EVERY_MS, signal).then(() => readPaced(readOnce, READ_EVERY_MS, signal));
  return {
    ended: ended.promise,
    async sample(at, sink) {
      const now = physicalFunctions(proc);
      if (now.length === 0) return ended.resolve("no virtual functions are left");
      if (!isDeepStrictEqual(now, functions.map(withoutInfos))) await readOnce();
      vfPoints(functions, at).forEach(sink);
    },
    contribute: () => told,
  };
}

const withoutInfos = (it: PhysicalFunction): PhysicalFunction => ({ ...it, infos: [] });

function physicalFunctions(proc: ProcReader): readonly PhysicalFunction[] {
  const found: PhysicalFunction[] = [];
  for (const name of hardwareInterfaces(proc)) {
    const folder = `/sys/class/net/${name}/device`;
    const configured = Number(proc.text(`${folder}/sriov_numvfs`)?.trim() ?? 0);
    if (!(configured > 0) || found.length >= MAX_FUNCTIONS) continue;
    const possible = Number(proc.text(`${folder}/sriov_totalvfs`)?.trim()) || undefined;
    found.push({ name, configured, possible, devices: devicesOf(proc, folder, configured), infos: [] });
  }
  return found;
}

function devicesOf(proc: ProcReader, folder: string, count: number): ReadonlyMap<number, VfDevice> {
  const devices = new Map<number, VfDevice>();
  for (let index = 0; index < Math.min(count, MAX_VFS_OF_ONE); index++) {
    const path = `${folder}/virtfn${index}`;
    const busAddress = proc.link(path)?.split("/").at(-1);
    if (busAddress === undefined) continue;
    const driver = proc.link(`${path}/driver`)?.split("/").at(-1);
    devices.set(index, { busAddress, interface: proc.names(`${path}/net`)[0], driver });
  }
  return devices;
}

/** A device that is gone by now is no reason to fail. */
async function ipLink(name: string, signal: AbortSignal): Promise<string | undefined> {
  return runIp(["-s", "-d", "-j", "link", "show", "dev", name], undefined, signal).catch((thrown: unknown) => {
    if (thrown instanceof OperatorError) return undefined;
    throw thrown;
  });
}
