import type { Clock } from "../../core/clock.ts";
import type { Log } from "../../core/log.ts";
import type { Probe } from "../probe.ts";
import type { ProcReader } from "../proc-reader.ts";
import { libvirtProbe } from "./libvirt-probe.ts";
import { withMachineTurns } from "./machine-turns.ts";
import { qemuProbe } from "./qemu-probe.ts";

export interface VmOptions {
  /** Where libvirtd or virtqemud keep their sockets and the state of running machines. */
  readonly libvirtRunFolder: string;
  /** Whether the agents inside of guests are asked for what only they know. */
  readonly guestAgent: boolean;
}

export const DEFAULT_VM_OPTIONS: VmOptions = { libvirtRunFolder: "/run/libvirt", guestAgent: true };

export interface VmDeps {
  readonly host: string;
  readonly proc: ProcReader;
  readonly clock: Clock;
  readonly log: Log;
}

/** Virtual machines: as libvirt tells of them, else as their processes do. What libvirt says goes over what they do. */
export function vmProbes(options: VmOptions, deps: VmDeps): readonly Probe[] {
  const { probe, presence } = libvirtProbe(options, deps);
  return [qemuProbe(options, deps, presence), probe].map(withMachineTurns);
}
