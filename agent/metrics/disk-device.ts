import type { EpochMs } from "../../core/clock.ts";
import type { Point } from "../../core/line-protocol.ts";
import type { ProcReader } from "../proc-reader.ts";

const SECTOR_BYTES = 512;

/** What a block device is, as far as sysfs says. */
export interface DiskDevice {
  readonly device: string;
  /** Of a device-mapper device (`mpatha`, `vg0-root`). */
  readonly name?: string | undefined;
  /** `iscsi-tcp`, `iscsi-iser`, `nvme-pcie`, `nvme-tcp`, `nvme-rdma`, `virtio`, `sata`, `sas`, `fc`, `usb`. */
  readonly transport?: string | undefined;
  /** The iSCSI qualified name of the target, or the NVMe qualified name of a subsystem over a fabric. */
  readonly target?: string | undefined;
  readonly model?: string | undefined;
  readonly sizeBytes?: number | undefined;
}

/** Where a device hangs, by what stands in its path below /sys/devices. */
const BY_PATH: readonly (readonly [pattern: RegExp, transport: string])[] = [
  [/\/virtio\d+\//, "virtio"],
  [/\/rport-\d/, "fc"],
  [/\/end_device-\d/, "sas"],
  [/\/usb\d+\//, "usb"],
  [/\/ata\d+\//, "sata"],
];

/**
 * Reads what a device of /sys/block is. An iSCSI disk stands below its session and its host, whose driver names the
 * transport (as open-iscsi's `iscsiadm` tells it); an NVMe namespace below its controller or, with several paths, its subsystem.
 */
export function readDiskDevice(proc: ProcReader, device: string): DiskDevice {
  const file = device.replaceAll("/", "!");
  const textOf = (path: string) => proc.text(path)?.trim() || undefined;
  const path = `/${proc.link(`/sys/block/${file}`) ?? ""}/`;
  const sectors = textOf(`/sys/block/${file}/size`);
  const base = {
    device,
    name: textOf(`/sys/block/${file}/dm/name`),
    sizeBytes: sectors === undefined ? undefined : Number(sectors) * SECTOR_BYTES,
  };
  const nvme = /^nvme(?=\d+n\d+$)/.test(device) ? nvmeFacts(proc, path, textOf) : undefined;
  if (nvme !== undefined) return { ...base, ...nvme };
  const model = textOf(`/sys/block/${file}/device/model`);
  const [, host, session] = /\/(host\d+)\/(session\d+)\//.exec(path) ?? [];
  if (session !== undefined) {
    const driver = textOf(`/sys/class/scsi_host/${host}/proc_name`);
    const transport = driver === undefined ? "iscsi" : `iscsi-${driver.replace(/^iscsi_/, "")}`;
    return { ...base, model, transport, target: textOf(`/sys/class/iscsi_session/${session}/targetname`) };
  }
  return { ...base, model, transport: BY_PATH.find(([pattern]) => pattern.test(path))?.[1] };
}

function nvmeFacts(
  proc: ProcReader,
  path: string,
  textOf: (path: string) => string | undefined,
): Pick<DiskDevice, "transport" | "target" | "model"> | undefined {
  const subsystem = /\/(nvme-subsys\d+)\//.exec(path)?.[1];
  const folder = subsystem === undefined ? undefined : `/sys/class/nvme-subsystem/${subsystem}`;
  // Of several paths to one subsystem any tells how it is reached.
  const controller =
    folder === undefined
      ? /\/(nvme\d+)\/nvme\d+n\d+\/$/.exec(path)?.[1]
      : proc.names(folder).find((name) => /^nvme\d+$/.test(name));
  if (controller === undefined) return undefined;
  const transport = textOf(`/sys/class/nvme/${controller}/transport`);
  const isLocal = transport === undefined || transport === "pcie";
  return {
    model: textOf(`${folder ?? `/sys/class/nvme/${controller}`}/model`),
    transport: transport === undefined ? "nvme" : `nvme-${transport}`,
    target: isLocal ? undefined : textOf(`/sys/class/nvme/${controller}/subsysnqn`),
  };
}

export function diskDevicePoint(it: DiskDevice, at: EpochMs): Point {
  return {
    measurement: "disk_device",
    tags: {
      device: it.device,
      name: it.name ?? "",
      transport: it.transport ?? "",
      target: it.target ?? "",
      model: it.model ?? "",
    },
    fields: { info: { int: 1 }, size_bytes: it.sizeBytes === undefined ? undefined : { int: it.sizeBytes } },
    at,
  };
}
