import type { EpochMs } from "../../core/clock.ts";
import { type Attributes, isLink } from "../../core/element.ts";
import { agentId, type ElementId, segmentsOf } from "../../core/element-id.ts";
import type { TopologyStore } from "../../store/topology-store.ts";
import type { GraphView } from "../../topology/live-graph.ts";
import type { Change } from "../../topology/model/change.ts";
import { collected } from "../../topology/model/topology.ts";

/** A moment of one cluster to look something up at. */
export interface LookUp {
  readonly store: TopologyStore;
  readonly cluster: string;
  readonly at: EpochMs;
  /** The live graph when the moment is now. */
  readonly graph?: GraphView | undefined;
}

/** Elements read at once. */
const AT_ONCE = 16;

/** One attribute-bearing element at a moment; costs one element, whatever the cloud's size. */
export async function attributesAt(
  { store, cluster, at, graph }: LookUp,
  id: ElementId,
): Promise<{ readonly attributes: Attributes; readonly parent?: ElementId | undefined } | undefined> {
  const element =
    graph === undefined ? (await collected(store.stateAt(cluster, { at }, { element: id }))).get(id) : graph.get(id);
  if (element === undefined) return undefined;
  return { attributes: element.attributes, parent: isLink(element) ? undefined : element.parent };
}

/** For each of many, some at a time. */
export async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  for (let start = 0; start < items.length; start += AT_ONCE) {
    await Promise.all(items.slice(start, start + AT_ONCE).map(work));
  }
}

export interface Silence {
  readonly from: ReadonlySet<string>;
  readonly to: ReadonlySet<string>;
}

/**
 * Which of these hosts' agents were silent at the one and the other moment. What the changes tell of an agent is taken
 * from them; what they do not tell was the same at both.
 */
export async function silenceOf(
  hosts: readonly string[],
  changes: readonly Change[],
  { from, to, areAgentsTold }: { readonly from: LookUp; readonly to: LookUp; readonly areAgentsTold: boolean },
): Promise<Silence> {
  const told = sessionsTold(changes);
  const silent = { from: new Set<string>(), to: new Set<string>() };
  for (const [host, [before, after]] of told) {
    if (before === "silent") silent.from.add(host);
    if (after === "silent") silent.to.add(host);
  }
  const asked = hosts.filter((host) => !told.has(host));
  if (asked.length === 0) return silent;
  const isQuiet = async (moment: LookUp) => !(await mayBeSilent(moment));
  const [wasQuiet, isNowQuiet] = await Promise.all([isQuiet(from), isQuiet(to)]);
  await eachOf(asked, async (host) => {
    const isSilentNow = !isNowQuiet && (await isSilentAt(to, host));
    // Not among all changes: as it is at the one moment it is at the other.
    const wasSilent = areAgentsTold ? isSilentNow : !wasQuiet && (await isSilentAt(from, host));
    if (isSilentNow) silent.to.add(host);
    if (wasSilent) silent.from.add(host);
  });
  return silent;
}

async function isSilentAt(moment: LookUp, host: string): Promise<boolean> {
  return (await attributesAt(moment, agentId(host)))?.attributes.session === "silent";
}

/** The counters tell at once when no agent at all was silent. */
async function mayBeSilent({ store, cluster, at, graph }: LookUp): Promise<boolean> {
  if (graph !== undefined) return true;
  let [agents, silent] = [0, 0];
  for (const counts of (await store.countsAt(cluster, { at })).values()) {
    agents += counts.agent ?? 0;
    silent += counts.silent ?? 0;
  }
  return agents === 0 || silent > 0;
}

/** What `session` was and is, by host, of agents whose session changed. */
function sessionsTold(changes: readonly Change[]): ReadonlyMap<string, readonly [before: unknown, after: unknown]> {
  const told = new Map<string, readonly [before: unknown, after: unknown]>();
  for (const change of changes) {
    const [id, before, after] = sidesOf(change);
    const host = id.startsWith("agent/") ? segmentsOf(id)[1] : undefined;
    if (host === undefined || (before.session === undefined && after.session === undefined)) continue;
    told.set(host, [before.session, after.session]);
  }
  return told;
}

const NONE: Attributes = {};

function sidesOf(change: Change): readonly [id: ElementId, before: Attributes, after: Attributes] {
  switch (change.kind) {
    case "add":
      return [change.element.id, NONE, change.element.attributes];
    case "remove":
      return [change.element.id, change.element.attributes, NONE];
    case "update":
      return [change.id, change.before, change.after];
  }
}
