import type { Namespace } from "./namespace.ts";

/** The oldest process of an unnamed namespace: what holds it. */
export interface Holder {
  readonly inode: number;
  readonly pid: number;
  readonly startTicks: number;
  readonly comm: string;
  /** /proc/<pid>/cgroup. */
  readonly cgroup: string;
}

/** What a namespace is called when nobody gave it a name: after its container, its service or its first process. */
export function nameOfHolder(holder: Pick<Holder, "comm" | "cgroup">): Pick<Namespace, "name" | "heldBy"> {
  // docker-<64 hex>.scope, /docker/<64 hex>, cri-containerd-<64 hex>.scope, libpod-<64 hex>.scope
  const container = /(?:^|[/-])([0-9a-f]{64})(?:\.scope)?(?:\/|$)/m.exec(holder.cgroup)?.[1];
  if (container !== undefined) return { name: container.slice(0, 12), heldBy: "container" };
  const service = /\/([^/\n]+\.service)(?:\/|$)/m.exec(holder.cgroup)?.[1];
  if (service !== undefined) return { name: service, heldBy: "service" };
  return { name: holder.comm === "" ? "unnamed" : holder.comm, heldBy: "process" };
}

/**
 * Programs that only look into a namespace, or that are on their way to become another program: a namespace that has no
 * other process in it is left out until it has, rather than named after somebody who is gone the next moment.
 */
export function isPasserBy(comm: string): boolean {
  return PASSERS_BY.has(comm) || comm.startsWith("runc:");
}

const PASSERS_BY: ReadonlySet<string> = new Set([
  "bridge",
  "conntrack",
  "crun",
  "ethtool",
  "ip",
  "ip6tables",
  "iptables",
  "nft",
  "nsenter",
  "ss",
  "tc",
  "unshare",
]);

/**
 * Gives each holder's namespace a name that no other one has: the second of a name is `name~2`, in the order they
 * started. A namespace keeps the name it was once given (`kept`, by inode) when its first process ends, unless it is
 * found to be a container's or a service's.
 */
export function nameNamespaces(
  holders: readonly Holder[],
  taken: ReadonlySet<string>,
  kept: ReadonlyMap<number, Pick<Namespace, "name" | "heldBy">>,
): ReadonlyMap<number, Pick<Namespace, "name" | "heldBy">> {
  const names = new Map<number, Pick<Namespace, "name" | "heldBy">>();
  const used = new Set(taken);
  for (const holder of holders) {
    const { inode } = holder;
    const name = kept.get(inode);
    if (name?.name === undefined || used.has(name.name)) continue;
    // A container's first process may be seen before it is put into the container's control group.
    if (name.heldBy === "process" && nameOfHolder(holder).heldBy !== "process") continue;
    names.set(inode, name);
    used.add(name.name);
  }
  for (const holder of holders.toSorted((a, b) => a.startTicks - b.startTicks || a.pid - b.pid)) {
    if (names.has(holder.inode)) continue;
    const { name = "unnamed", heldBy } = nameOfHolder(holder);
    let unique = name;
    for (let n = 2; used.has(unique); n++) unique = `${name}~${n}`;
    names.set(holder.inode, { name: unique, heldBy });
    used.add(unique);
  }
  return names;
}
