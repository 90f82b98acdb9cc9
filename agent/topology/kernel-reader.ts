import type { Clock } from "../../core/clock.ts";
import type { ProcReader } from "../proc-reader.ts";
import { createDetailReader } from "./detail-reader.ts";
import { type DeviceFacts, readDeviceFacts } from "./device-facts.ts";
import { runIp } from "./ip-command.ts";
import { type IpInterface, parseIpAddr, parseNetnsIds } from "./ip-json.ts";
import type { KernelSnapshot } from "./kernel-elements.ts";
import { createLineRunner } from "./line-command.ts";
import { type Namespace, type NamespaceReading, NOWHERE } from "./namespace.ts";
import { createNamespaceScanner } from "./namespace-scan.ts";
import { pairVeths } from "./veth-pairs.ts";

/** Processes of `ip` at a time. */
const MAX_PARALLEL = 4;

/** What may have changed since the last reading. */
export interface Dirty {
  /** Namespaces came or went. */
  readonly inventory: boolean;
  /** Read every namespace. */
  readonly all: boolean;
  /** Read the interfaces of these, by inode. */
  readonly inodes: ReadonlySet<number>;
  /** Of these the kernel told of a link: what `ip addr` does not show of it may have changed. */
  readonly links: ReadonlySet<number>;
  /** Read the routes of these, by inode. */
  readonly routes: ReadonlySet<number>;
  /** Read these, by name: one may have been removed and made again under the same inode. */
  readonly names: ReadonlySet<string>;
}

export interface KernelReading {
  readonly snapshot: KernelSnapshot;
  /** A namespace was seen half made or went away meanwhile: look at the inventory again soon. */
  readonly unfinished: boolean;
  /** Something was put off, lest it be read all the time: read again after so long, whatever is dirty then. */
  readonly dueInMs: number | undefined;
}

export interface KernelReaderDeps {
  readonly proc: ProcReader;
  readonly clock: Clock;
  /** Tells the agent's own monitors. */
  readonly isOurs: (pid: number) => boolean;
}

/** Reads what is dirty and keeps the rest of the last reading. Not to be called again before it has answered. */
export function createKernelReader(
  { proc, clock, isOurs }: KernelReaderDeps,
  signal: AbortSignal,
): (dirty: Dirty) => Promise<KernelReading> {
  const scan = createNamespaceScanner(proc, isOurs);
  let namespaces: readonly Namespace[] = [];
  let readings = new Map<number, NamespaceReading>();
  const numbers = createNumberCache(signal);
  const details = createDetailReader(clock, createLineRunner(signal));

  async function readInterfaces(namespace: Namespace): Promise<readonly IpInterface[] | undefined> {
    const text = await runIp(["-j", "-d", "addr"], namespace.path, signal);
    return text === undefined ? undefined : parseIpAddr(text);
  }

  async function readOne(namespace: Namespace, dirty: Dirty): Promise<NamespaceReading | undefined> {
    const { inode, name } = namespace;
    const last = readings.get(inode);
    const isAnother =
      last === undefined || last.namespace.name !== name || (name !== undefined && dirty.names.has(name));
    const before = last?.interfaces ?? [];
    const now = isAnother || dirty.all || dirty.inodes.has(inode) ? await readInterfaces(namespace) : before;
    if (now === undefined) return undefined;
    const [routes, links] = [dirty.routes.has(inode), dirty.links.has(inode)];
    const read = await details.read(namespace, { before, now }, { isAnother, everything: dirty.all, routes, links });
    return { namespace, interfaces: now, inodeByNsid: new Map(), details: read };
  }

  return async (dirty) => {
    let unfinished = false;
    if (dirty.inventory || namespaces.length === 0) ({ namespaces, unfinished } = await scan());
    numbers.forgetAllBut(namespaces);
    details.forgetAllBut(namespaces);
    const next = new Map<number, NamespaceReading>();
    await inParallel(namespaces, async (namespace) => {
      const reading = await readOne(namespace, dirty);
      if (reading === undefined) unfinished = true;
      else next.set(namespace.inode, reading);
    });
    await inParallel([...next.values()], async (reading) => {
      const inodeByNsid = await numbers.resolve(reading, namespaces, dirty.inventory);
      next.set(reading.namespace.inode, { ...reading, inodeByNsid });
    });
    readings = new Map(namespaces.flatMap(({ inode }) => entryOf(next, inode)));
    return { snapshot: snapshotOf([...readings.values()], proc), unfinished, dueInMs: details.dueInMs() };
  };
}

function snapshotOf(readings: readonly NamespaceReading[], proc: ProcReader): KernelSnapshot {
  const own = readings.find(({ namespace }) => namespace.name === undefined)?.interfaces ?? [];
  const devices = new Map<string, DeviceFacts>();
  for (const it of own) {
    if (it.infoKind === undefined && it.linkType !== "loopback") devices.set(it.name, readDeviceFacts(proc, it.name));
  }
  return { readings, devices, pairing: pairVeths(readings) };
}

/** Remembers which namespace each namespace means by which number; asking costs a process, so it is asked once. */
function createNumberCache(signal: AbortSignal) {
  const known = new Map<number, Map<number, number | undefined>>();
  return {
    /** Numbers that lead to a namespace that is gone may be given to another one. */
    forgetAllBut(namespaces: readonly Namespace[]): void {
      const present = new Set(namespaces.map(({ inode }) => inode));
      for (const [inode, numbers] of known) {
        if (!present.has(inode)) known.delete(inode);
        for (const [nsid, target] of numbers) if (target !== undefined && !present.has(target)) numbers.delete(nsid);
      }
    },
    async resolve(
      { namespace, interfaces }: NamespaceReading,
      namespaces: readonly Namespace[],
      inventoryIsNew: boolean,
    ): Promise<ReadonlyMap<number, number>> {
      // The monitor of the host's own namespace speaks of all numbers, also of those that no interface there uses.
      const refresh = inventoryIsNew && namespace.name === undefined;
      const used = nsidsOf(interfaces);
      const numbers = known.get(namespace.inode) ?? new Map<number, number | undefined>();
      known.set(namespace.inode, numbers);
      if (refresh || used.some((nsid) => !numbers.has(nsid))) {
        const text = await runIp(["-j", "netns", "list-id"], namespace.path, signal);
        const names = parseNetnsIds(text ?? "");
        const inodes = new Map(
          namespaces.flatMap(({ name, inode, heldBy }) => (heldBy === "name" ? [[name, inode]] : [])),
        );
        for (const nsid of new Set([...used, ...names.keys()])) {
          const name = names.get(nsid);
          numbers.set(nsid, name === undefined ? undefined : (inodes.get(name) ?? NOWHERE));
        }
      }
      return new Map([...numbers].flatMap(([nsid, inode]) => (inode === undefined ? [] : [[nsid, inode]])));
    },
  };
}

function nsidsOf(interfaces: readonly IpInterface[]): readonly number[] {
  const nsids = interfaces.flatMap(({ lower }) =>
    lower?.kind === "index" && lower.nsid !== undefined ? [lower.nsid] : [],
  );
  return [...new Set(nsids)];
}

function entryOf<K, V>(map: ReadonlyMap<K, V>, key: K): [K, V][] {
  const value = map.get(key);
  return value === undefined ? [] : [[key, value]];
}

async function inParallel<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const worker = async () => {
    for (const item of queue) await run(item);
  };
  await Promise.all(Array.from({ length: Math.min(MAX_PARALLEL, items.length) }, worker));
}
