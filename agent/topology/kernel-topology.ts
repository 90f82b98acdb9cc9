import type { Clock, EpochMs } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import { Lifetime } from "../../core/lifetime.ts";
import type { Log } from "../../core/log.ts";
import type { ProcReader } from "../proc-reader.ts";
import { createDirtyScheduler, type DirtyScheduler, EVERYTHING_DIRTY } from "./dirty-scheduler.ts";
import { type IpMonitor, type MonitorEvent, startIpMonitor } from "./ip-monitor.ts";
import type { KernelSnapshot } from "./kernel-elements.ts";
import { createKernelReader, type Dirty } from "./kernel-reader.ts";
import type { Namespace } from "./namespace.ts";
import { watchNamedNamespaces } from "./namespace-watch.ts";
import { nsidKey } from "./veth-pairs.ts";

const FULL_READING_EVERY_MS = 60_000;

/** After a reading that failed, or met a namespace half made. */
const READ_AGAIN_MS = 100;
const READ_AGAIN_AFTER_FAILURE_MS = 5_000;
const MAX_UNFINISHED_IN_A_ROW = 10;

/**
 * Named namespaces without a number in the host's own need a monitor process each (2 MB); past this many, once a minute
 * does. Unnamed ones get none: the monitor would keep a namespace alive whose last process ended, until somebody looked.
 */
const MAX_NAMESPACE_MONITORS = 64;

export interface KernelTopologyDeps {
  readonly proc: ProcReader;
  readonly clock: Clock;
  readonly log: Log;
  /** See `leashWords`. */
  readonly leash: readonly string[];
  /** After each reading, whether or not something changed. `seenAt`: when the latest sign of change was seen. */
  readonly onReading: (snapshot: KernelSnapshot, seenAt: EpochMs) => void;
}

/** Reads the kernel's topology now, whenever the kernel says that it changed, and once a minute. */
export function startKernelTopology(
  { proc, clock, log, leash, onReading }: KernelTopologyDeps,
  lifetime: Lifetime,
): void {
  const isOurs = (pid: number) => monitors.isMonitor(pid);
  const read = createKernelReader({ proc, clock, isOurs }, lifetime.signal);
  const monitors = createNamespaceMonitors(leash, log, lifetime, (inode, event) =>
    scheduler.mark(dirtyInside(inode, event)),
  );
  let last: KernelSnapshot | undefined;
  let unfinishedInARow = 0;
  let retry: NodeJS.Timeout | undefined;
  let due: NodeJS.Timeout | undefined;

  const scheduler: DirtyScheduler = createDirtyScheduler(
    async (dirty, seenAt) => {
      try {
        const { snapshot, unfinished, dueInMs } = await read(dirty);
        if (lifetime.isOver) return;
        last = snapshot;
        unfinishedInARow = unfinished ? unfinishedInARow + 1 : 0;
        if (unfinished && unfinishedInARow <= MAX_UNFINISHED_IN_A_ROW) markLater({ inventory: true }, READ_AGAIN_MS);
        clearTimeout(due);
        due = dueInMs === undefined ? undefined : setTimeout(() => scheduler.mark({}), dueInMs);
        monitors.follow(namedWithoutNumber(snapshot));
        onReading(snapshot, seenAt());
      } catch (thrown) {
        // The topology as it was last read stays; it is read again until it can be.
        log.error({ error: messageOf(thrown) }, "topology could not be read");
        markLater(EVERYTHING_DIRTY, READ_AGAIN_AFTER_FAILURE_MS);
      }
    },
    clock,
    lifetime,
  );

  function markLater(dirty: Partial<Dirty>, delayMs: number): void {
    clearTimeout(retry);
    retry = setTimeout(() => scheduler.mark(dirty), delayMs);
  }

  const everyMinute = setInterval(() => scheduler.mark(EVERYTHING_DIRTY), FULL_READING_EVERY_MS);
  lifetime.defer("topology timers", () => {
    clearTimeout(retry);
    clearTimeout(due);
    clearInterval(everyMinute);
  });
  startIpMonitor(
    { namespacePath: undefined, leash, onEvent: (event) => scheduler.mark(dirtyOf(event, last)) },
    log,
    lifetime,
  );
  watchNamedNamespaces(
    (name) => {
      scheduler.mark({ inventory: true, names: new Set(name === undefined ? [] : [name]) });
    },
    log,
    lifetime,
  );
  scheduler.mark(EVERYTHING_DIRTY);
}

/** What an event of the monitor in the host's own namespace makes dirty. */
function dirtyOf(event: MonitorEvent, last: KernelSnapshot | undefined): Partial<Dirty> {
  const own = last === undefined ? undefined : ownInode(last);
  if (event.kind === "lost" || last === undefined || own === undefined) return EVERYTHING_DIRTY;
  if (event.kind !== "there") return dirtyInside(own, event);
  const inode = last.pairing.inodeByNsid.get(nsidKey(own, event.nsid));
  if (inode !== undefined) return dirtyInside(inode, event);
  // A routing daemon in a namespace nobody can name would have everything read all the time.
  return event.of === "route" ? {} : EVERYTHING_DIRTY;
}

function dirtyInside(inode: number, event: MonitorEvent): Partial<Dirty> {
  const only = new Set([inode]);
  switch (event.kind) {
    case "inventory":
      return { inodes: only, inventory: true };
    case "lost":
      return { inodes: only, routes: only, links: only };
    case "here":
    case "there":
      if (event.of === "route") return { routes: only };
      return event.of === "link" ? { inodes: only, links: only } : { inodes: only };
  }
}

function namedWithoutNumber(snapshot: KernelSnapshot): readonly Namespace[] {
  const own = ownInode(snapshot);
  const numbered = new Set<number>();
  for (const [key, inode] of snapshot.pairing.inodeByNsid) if (key.startsWith(`${own}:`)) numbered.add(inode);
  return snapshot.readings
    .map(({ namespace }) => namespace)
    .filter(({ inode }) => inode !== own && !numbered.has(inode));
}

function ownInode({ readings }: KernelSnapshot): number | undefined {
  return readings.find(({ namespace }) => namespace.name === undefined)?.namespace.inode;
}

/** One `ip monitor` inside of each namespace that the monitor of the host's own does not hear. */
function createNamespaceMonitors(
  leash: readonly string[],
  log: Log,
  lifetime: Lifetime,
  onChange: (inode: number, event: MonitorEvent) => void,
) {
  const running = new Map<number, { readonly monitor: IpMonitor; readonly own: Lifetime }>();
  const stop = (inode: number) => {
    void running.get(inode)?.own.end();
    running.delete(inode);
  };
  lifetime.defer("namespace monitors", () => [...running.keys()].forEach(stop));
  return {
    follow(namespaces: readonly Namespace[]): void {
      const wanted = new Set(namespaces.map(({ inode }) => inode));
      for (const inode of running.keys()) if (!wanted.has(inode)) stop(inode);
      for (const { inode, path } of namespaces) {
        if (running.has(inode) || running.size >= MAX_NAMESPACE_MONITORS || path === undefined) continue;
        const own = new Lifetime();
        const monitor = startIpMonitor(
          { namespacePath: path, leash, onEvent: (event: MonitorEvent) => onChange(inode, event) },
          log,
          own,
        );
        running.set(inode, { monitor, own });
      }
    },
    isMonitor: (pid: number) => running.values().some(({ monitor }) => monitor.pid() === pid),
  };
}
