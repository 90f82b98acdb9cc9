import type { NodeKind } from "../../core/element.ts";

/**
 * Kinds of device whose features are told. Those of veth, tap, tun and macvtap are left out: they are nearly all of a
 * cloud's devices, their features are the kernel's own choice, and 25 names for each of a million would say it over and over.
 */
const KINDS_WITH_FEATURES: ReadonlySet<NodeKind> = new Set([
  "nic",
  "vf",
  "bond",
  "bridge",
  "vlan",
  "vxlan",
  "geneve",
  "gre",
]);

export function hasFeatures(kind: NodeKind): boolean {
  return KINDS_WITH_FEATURES.has(kind);
}

/** Takes lines of `ethtool -k`, of one device or of many, and gives the sorted names of what is on, by device. */
export function createFeatureReader(): {
  line(line: string): void;
  finish(): ReadonlyMap<string, readonly string[]>;
} {
  const byDevice = new Map<string, string[]>();
  let current: string[] = [];
  return {
    line(line) {
      const device = /^Features for (.+):$/.exec(line)?.[1];
      if (device !== undefined) {
        current = [];
        byDevice.set(device, current);
        return;
      }
      const name = /^\s*([\w-]+): on\b/.exec(line)?.[1];
      if (name !== undefined) current.push(name);
    },
    finish: () => new Map([...byDevice].map(([device, names]) => [device, names.sort()])),
  };
}
