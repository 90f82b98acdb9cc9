import type { ProcReader } from "../proc-reader.ts";

/** What /sys knows of a piece of hardware and `ip` does not tell. Only for the host's own namespace: /sys shows no other. */
export interface DeviceFacts {
  readonly driver: string | undefined;
  readonly speedMbps: number | undefined;
  readonly duplex: string | undefined;
  /** For a virtual function of SR-IOV: the interface of its physical function. */
  readonly physicalFunction: string | undefined;
}

export function readDeviceFacts(proc: ProcReader, ifname: string): DeviceFacts {
  const folder = `/sys/class/net/${ifname}`;
  // -1 and EINVAL both mean: no speed (virtual, or down).
  const speed = Number(proc.text(`${folder}/speed`)?.trim() ?? "");
  const duplex = proc.text(`${folder}/duplex`)?.trim();
  return {
    driver: proc.link(`${folder}/device/driver`)?.split("/").at(-1),
    speedMbps: speed > 0 ? speed : undefined,
    duplex: duplex === "full" || duplex === "half" ? duplex : undefined,
    physicalFunction: proc.names(`${folder}/device/physfn/net`)[0],
  };
}
