import { setImmediate } from "node:timers/promises";
import type { Clock } from "../../core/clock.ts";
import { type ElementId, ownerHostOf } from "../../core/element-id.ts";
import { type Change, changedId } from "../../topology/model/change.ts";
import { type CompareOptions, comparing } from "../../topology/model/comparison/compare.ts";
import type { Comparison } from "../../topology/model/comparison/comparison.ts";
import { reversed } from "../../topology/model/comparison/reversed.ts";
import { hostOfId } from "../../topology/model/comparison/rows.ts";
import { runSliced, type Sliced } from "../../topology/model/comparison/slices.ts";
import { type LookUp, silenceOf } from "./agent-sessions.ts";
import { changesInPlace, isPlace } from "./place-scope.ts";
import type { Asked, Moment, TopologyDeps } from "./topology-request.ts";

/** Folding holds the event loop at most about this long at a time. */
const SLICE_MS = 8;

export interface DifferenceQuery {
  readonly from: Moment;
  readonly to: Moment;
  /** Changed elements at most. */
  readonly limit: number;
  readonly root: ElementId | undefined;
  readonly hosts: readonly string[] | undefined;
  readonly kinds: readonly string[] | undefined;
  readonly ignored: CompareOptions["ignored"];
}

export interface Difference {
  readonly comparison: Comparison;
  readonly unknownHosts: readonly string[];
}

/** What differs between two moments; reads what changed and no state besides. Errors: those of `netChanges`. */
export async function differenceOf(deps: TopologyDeps, asked: Asked, query: DifferenceQuery): Promise<Difference> {
  const { store } = deps;
  const { cluster, recorder } = asked;
  const { from, to, root, hosts, kinds, ignored, limit } = query;
  const isForwards = from.at <= to.at;
  const span = isForwards ? { from: from.at, to: to.at } : { from: to.at, to: from.at };
  const part = { root: root === undefined || isPlace(root) ? undefined : root, hosts };
  const net = await store.netChanges({ cluster, ...span, part, limit });
  const told = isForwards ? net : reversed(net);
  const lookUp = ({ at, isLive }: Moment): LookUp => ({
    store,
    cluster,
    at,
    graph: isLive ? recorder.graph : undefined,
  });
  const later = lookUp(isForwards ? to : from);
  const changes = root !== undefined && isPlace(root) ? await changesInPlace(told, root, later) : told;
  const silent = await silenceOf(hostsAsked(changes, query), changes, {
    from: lookUp(from),
    to: lookUp(to),
    areAgentsTold: part.root === undefined && hosts === undefined,
  });
  const options = { ignored, silent, kinds: kinds === undefined ? undefined : new Set(kinds) };
  const comparison = await inTurns(comparing(changes, options), deps.clock);
  return { comparison, unknownHosts: [...new Set([...silent.from, ...silent.to])].sort() };
}

/** Hosts where something is missing, those the question names, and those that are silent now. */
function hostsAsked(changes: readonly Change[], { root, hosts }: DifferenceQuery): readonly string[] {
  const asked = new Set(hosts);
  const host = root === undefined ? undefined : ownerHostOf(root);
  if (host !== undefined) asked.add(host);
  for (const change of changes) {
    const owner = change.kind === "remove" ? hostOfId(changedId(change)) : undefined;
    if (owner !== undefined) asked.add(owner);
  }
  return [...asked];
}

async function inTurns<T>(work: Sliced<T>, clock: Clock): Promise<T> {
  let since = clock.monotonicMs();
  return runSliced(work, {
    isTime: () => clock.monotonicMs() - since > SLICE_MS,
    turn: async () => {
      await setImmediate();
      since = clock.monotonicMs();
    },
  });
}
