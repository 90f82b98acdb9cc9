import { readdirSync, statSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { ProcReader } from "../proc-reader.ts";
import type { Namespace } from "./namespace.ts";
import { type Holder, isPasserBy, nameNamespaces } from "./namespace-name.ts";

export const NAMED_NAMESPACES_FOLDER = "/run/netns";

/** Processes looked at before other work gets its turn. */
const PROCESSES_PER_TURN = 200;

export interface NamespaceScan {
  readonly namespaces: readonly Namespace[];
  /** A name whose file is there but whose namespace is not mounted on it yet: look again soon. */
  readonly unfinished: boolean;
}

/**
 * Finds the namespaces of this host: its own, those named in /run/netns and those that processes live in. `isOurs` tells
 * the agent's own monitors, which must not make a namespace look alive that only they are left in.
 */
export function createNamespaceScanner(
  proc: ProcReader,
  isOurs: (pid: number) => boolean,
): () => Promise<NamespaceScan> {
  let kept: ReadonlyMap<number, Pick<Namespace, "name" | "heldBy">> = new Map();

  return async () => {
    const own = inodeOfLink(proc.link("/proc/self/ns/net"));
    if (own === undefined) return { namespaces: [], unfinished: false };
    const { byInode, unfinished } = namedNamespaces();
    const first = await firstProcesses(proc, own, isOurs);
    const host: Namespace = { inode: own, name: undefined, heldBy: "host", pid: process.pid, path: undefined };
    const named = [...byInode]
      .filter(([inode]) => inode !== own)
      .map(([inode, name]): Namespace => {
        const path = `${NAMED_NAMESPACES_FOLDER}/${name}`;
        return { inode, name, heldBy: "name", pid: first.get(inode)?.pid, path };
      });
    const holders = [...first.values()].filter(({ inode }) => !byInode.has(inode));
    kept = nameNamespaces(holders.map(withCgroup(proc)), new Set(byInode.values()), kept);
    const unnamed = holders.map(({ inode, pid }): Namespace => {
      const { name, heldBy } = kept.get(inode) ?? { name: `pid-${pid}`, heldBy: "process" };
      return { inode, name, heldBy, pid, path: `/proc/${pid}/ns/net` };
    });
    return { namespaces: [host, ...named, ...unnamed], unfinished };
  };
}

/** Inode → name. `ip netns add` makes the file first and mounts the namespace on it after: then it is no nsfs file yet. */
function namedNamespaces(): { byInode: ReadonlyMap<number, string>; unfinished: boolean } {
  const byInode = new Map<number, string>();
  let unfinished = false;
  const nsfs = statSync("/proc/self/ns/net").dev;
  for (const name of namesInFolder().toSorted()) {
    const stat = statSync(`${NAMED_NAMESPACES_FOLDER}/${name}`, { throwIfNoEntry: false });
    if (stat === undefined) continue;
    if (stat.dev !== nsfs) unfinished = true;
    else if (!byInode.has(stat.ino)) byInode.set(stat.ino, name);
  }
  return { byInode, unfinished };
}

function namesInFolder(): readonly string[] {
  if (statSync(NAMED_NAMESPACES_FOLDER, { throwIfNoEntry: false }) === undefined) return [];
  return readdirSync(NAMED_NAMESPACES_FOLDER);
}

type FirstProcess = Pick<Holder, "inode" | "pid" | "startTicks" | "comm">;

/** The oldest process of each namespace but the host's own. */
async function firstProcesses(
  proc: ProcReader,
  own: number,
  isOurs: (pid: number) => boolean,
): Promise<ReadonlyMap<number, FirstProcess>> {
  const first = new Map<number, FirstProcess>();
  let looked = 0;
  for (const name of proc.names("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || isOurs(pid)) continue;
    if (++looked % PROCESSES_PER_TURN === 0) await nextTurn();
    const inode = inodeOfLink(proc.link(`/proc/${pid}/ns/net`));
    if (inode === undefined || inode === own) continue;
    const start = startOf(proc.text(`/proc/${pid}/stat`));
    const known = first.get(inode);
    if (start === undefined || isPasserBy(start.comm) || (known !== undefined && known.startTicks <= start.startTicks))
      continue;
    first.set(inode, { inode, pid, ...start });
  }
  return first;
}

function inodeOfLink(link: string | undefined): number | undefined {
  const digits = /^net:\[(\d+)\]$/.exec(link ?? "")?.[1];
  return digits === undefined ? undefined : Number(digits);
}

function startOf(stat: string | undefined): { readonly comm: string; readonly startTicks: number } | undefined {
  if (stat === undefined) return undefined;
  const close = stat.lastIndexOf(")");
  const startTicks = Number(stat.slice(close + 2).split(" ")[19]);
  return Number.isNaN(startTicks) ? undefined : { comm: stat.slice(stat.indexOf("(") + 1, close), startTicks };
}

function withCgroup(proc: ProcReader): (first: FirstProcess) => Holder {
  return (first) => ({ ...first, cgroup: proc.text(`/proc/${first.pid}/cgroup`) ?? "" });
}
