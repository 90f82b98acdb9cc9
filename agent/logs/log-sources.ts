import { basename } from "node:path";
import type { LogFamily } from "./log-pattern.ts";

/** Files that are read as sources. */
export interface LogFiles {
  /** Absolute, with `*` and `**` as in `log-glob.ts`. */
  readonly glob: string;
  /** The label `source`; undefined: the file's name without `.log`. */
  readonly source?: string | undefined;
  /** Undefined: only what the configuration looks for is looked for in them. */
  readonly family?: LogFamily | undefined;
}

/** Services of OpenStack that log with oslo.log into a folder of their name, below /var/log or kolla's folder. */
const SERVICES = [
  "nova",
  "neutron",
  "cinder",
  "glance",
  "keystone",
  "placement",
  "heat",
  "octavia",
  "ceilometer",
  "ironic",
  "manila",
  "designate",
];
const LOG = "/var/log";
const KOLLA = "/var/log/kolla";

/** What is read where nobody configured anything: Debian's, Red Hat's and kolla's places. */
export const BUILT_IN_FILES: readonly LogFiles[] = [
  ...SERVICES.flatMap((name): readonly LogFiles[] => [
    { glob: `${LOG}/${name}/*.log`, family: "oslo" },
    { glob: `${KOLLA}/${name}/*.log`, family: "oslo" },
  ]),
  { glob: `${LOG}/rabbitmq/*.log`, family: "rabbitmq" },
  { glob: `${KOLLA}/rabbitmq/*.log`, family: "rabbitmq" },
  { glob: `${LOG}/openvswitch/*.log`, family: "ovs" },
  { glob: `${KOLLA}/openvswitch/*.log`, family: "ovs" },
  { glob: `${LOG}/libvirt/*.log`, family: "libvirt" },
  { glob: `${KOLLA}/libvirt/*.log`, family: "libvirt" },
  // One source for the logs of all machines: each would be series of its own, for ever.
  { glob: `${LOG}/libvirt/qemu/*.log`, family: "qemu", source: "qemu" },
  { glob: `${KOLLA}/libvirt/qemu/*.log`, family: "qemu", source: "qemu" },
];

/** Where syslog daemons write what the kernel says; the first that is there is read, and only where /dev/kmsg cannot be. */
export const KERNEL_FILES: readonly string[] = [`${LOG}/kern.log`, `${LOG}/messages`, `${LOG}/syslog`];

export function sourceOf(files: LogFiles, path: string): string {
  return files.source ?? (basename(path).replace(/\.log$/, "") || basename(path));
}
