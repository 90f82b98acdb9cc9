import type { ProcReader } from "../proc-reader.ts";
import type { DomainConfig } from "./domain.ts";

/** A virtual function that a machine has to itself: while it does, the host has no interface for it (vfio-pci). */
export interface PassedFunction {
  /** `0000:05:10.1` */
  readonly address: string;
  /** What holds it on the host: `vfio-pci`. */
  readonly driver: string | undefined;
  /** Name of the interface that it is a part of. */
  readonly physicalFunction: string | undefined;
}

/** Looks in /sys for the functions that a definition names; one that is not there is left out. */
export function readPassedFunctions(proc: ProcReader, { interfaces }: DomainConfig): readonly PassedFunction[] {
  return interfaces.flatMap(({ backend, target }) => {
    const folder = `/sys/bus/pci/devices/${target}`;
    if (backend !== "vf" || proc.link(folder) === undefined) return [];
    const driver = proc.link(`${folder}/driver`)?.split("/").at(-1);
    return [{ address: target, driver, physicalFunction: proc.names(`${folder}/physfn/net`)[0] }];
  });
}

export function sameFunctions(left: readonly PassedFunction[], right: readonly PassedFunction[]): boolean {
  const keyOf = (it: PassedFunction) => `${it.address} ${it.driver} ${it.physicalFunction}`;
  return left.map(keyOf).join() === right.map(keyOf).join();
}
