import { expect, test } from "vitest";
import { diskDevicePoint, readDiskDevice } from "../../agent/metrics/disk-device.ts";
import type { ProcReader } from "../../agent/proc-reader.ts";
import { epochMsOf } from "../../core/clock.ts";
import { formatPoint } from "../../core/line-protocol.ts";

/** sysfs of a host with one disk of each sort; paths as Linux 6.1 to 6.18 make them. */
const LINKS: { readonly [path: string]: string } = {
  "/sys/block/vda": "../devices/pci0000:00/0000:00:04.0/virtio1/block/vda",
  "/sys/block/sda": "../devices/pci0000:00/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0/block/sda",
  "/sys/block/sdb": "../devices/platform/host3/session1/target3:0:0/3:0:0:1/block/sdb",
  "/sys/block/sdc": "../devices/platform/host4/session2/target4:0:0/4:0:0:0/block/sdc",
  "/sys/block/sdd": "../devices/pci0000:00/0000:00:02.0/host6/rport-6:0-2/target6:0:0/6:0:0:1/block/sdd",
  "/sys/block/sde": "../devices/pci0000:3a/0000:3a:00.0/host7/port-7:0/end_device-7:0/target7:0:0/7:0:0:0/block/sde",
  "/sys/block/dm-0": "../devices/virtual/block/dm-0",
  "/sys/block/nvme0n1": "../devices/pci0000:64/0000:64:00.0/nvme/nvme0/nvme0n1",
  "/sys/block/nvme1n2": "../devices/virtual/nvme-subsystem/nvme-subsys1/nvme1n2",
  "/sys/block/nvme3n1": "../devices/virtual/nvme-fabrics/ctl/nvme3/nvme3n1",
};
const TEXTS: { readonly [path: string]: string } = {
  "/sys/block/vda/size": "536870912\n",
  "/sys/block/sda/device/model": "ST4000NM0035    \n",
  "/sys/block/sdb/device/model": "VIRTUAL-DISK    \n",
  "/sys/class/scsi_host/host3/proc_name": "iscsi_tcp\n",
  "/sys/class/scsi_host/host4/proc_name": "iscsi_iser\n",
  "/sys/class/iscsi_session/session1/targetname": "iqn.2010-10.org.openstack:volume-1a\n",
  "/sys/class/iscsi_session/session2/targetname": "iqn.2010-10.org.openstack:volume-2b\n",
  "/sys/block/dm-0/dm/name": "mpatha\n",
  "/sys/class/nvme/nvme0/model": "SAMSUNG MZQL23T8HCLS-00A07               \n",
  "/sys/class/nvme/nvme0/transport": "pcie\n",
  "/sys/class/nvme/nvme0/subsysnqn": "nqn.1994-11.com.samsung:nvme:1\n",
  "/sys/class/nvme-subsystem/nvme-subsys1/model": "Linux\n",
  "/sys/class/nvme/nvme1/transport": "tcp\n",
  "/sys/class/nvme/nvme1/subsysnqn": "nqn.2014-08.org.example:pool\n",
  "/sys/class/nvme/nvme3/transport": "rdma\n",
  "/sys/class/nvme/nvme3/subsysnqn": "nqn.2014-08.org.example:other\n",
};
const sysfs: ProcReader = {
  text: (path) => TEXTS[path],
  names: (path) => (path === "/sys/class/nvme-subsystem/nvme-subsys1" ? ["model", "nvme1", "nvme1n2", "nvme2"] : []),
  link: (path) => LINKS[path],
};

test.each([
  ["vda", "transport=virtio info=1i,size_bytes=274877906944i"],
  ["sda", "model=ST4000NM0035,transport=sata info=1i"],
  ["sdb", "model=VIRTUAL-DISK,target=iqn.2010-10.org.openstack:volume-1a,transport=iscsi-tcp info=1i"],
  ["sdc", "target=iqn.2010-10.org.openstack:volume-2b,transport=iscsi-iser info=1i"],
  ["sdd", "transport=fc info=1i"],
  ["sde", "transport=sas info=1i"],
  ["dm-0", "name=mpatha info=1i"],
  ["nvme0n1", "model=SAMSUNG\\ MZQL23T8HCLS-00A07,transport=nvme-pcie info=1i"],
  ["nvme1n2", "model=Linux,target=nqn.2014-08.org.example:pool,transport=nvme-tcp info=1i"],
  ["nvme3n1", "target=nqn.2014-08.org.example:other,transport=nvme-rdma info=1i"],
])("%s is %s", (device, expected) => {
  const line = formatPoint(diskDevicePoint(readDiskDevice(sysfs, device), epochMsOf(1)));
  expect(line).toBe(`disk_device,device=${device},${expected} 1`);
});

test("a device of which sysfs says nothing is named all the same", () => {
  const bare: ProcReader = { text: () => undefined, names: () => [], link: () => undefined };
  expect(readDiskDevice(bare, "cciss/c0d0")).toEqual({ device: "cciss/c0d0" });
});
