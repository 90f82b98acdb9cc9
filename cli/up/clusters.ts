import type { Lifetime } from "../../core/lifetime.ts";
import { findingMemoryIn } from "../../store/finding-memory.ts";
import type { StateStore } from "../../store/state-store.ts";
import type { TopologyStore } from "../../store/topology-store.ts";
import type { Findings } from "../../topology/invariants/findings.ts";
import { watchInvariants } from "../../topology/invariants/watch-invariants.ts";
import { openRecorder, type Recorder, type RecorderOptions } from "../../topology/recorder.ts";
import type { Recorders } from "../../topology/recorders.ts";

/** The clusters that can be asked about, with what is kept in memory of each. */
export interface Clusters {
  /** The first is the collector's own. */
  readonly recorders: Recorders;
  /** Only those agents may report to. */
  readonly live: Recorders;
  readonly findings: ReadonlyMap<string, Findings>;
  /** An imported history becomes a cluster as well: one that nothing is added to. */
  adopt(cluster: string): Promise<void>;
}

export interface ClustersDeps extends Omit<RecorderOptions, "cluster" | "store" | "onProgress"> {
  readonly store: TopologyStore;
  readonly state: StateStore;
  /** Told while a cluster's state is loaded: how many elements so far. */
  readonly onProgress: (cluster: string, elements: number) => void;
}

/**
 * Opens those that are configured and those the store has besides, one after the other, so that loading takes the memory of
 * one. Errors: those of the store.
 */
export async function openClusters(
  configured: readonly string[],
  deps: ClustersDeps,
  lifetime: Lifetime,
): Promise<Clusters> {
  const recorders = new Map<string, Recorder>();
  const live = new Map<string, Recorder>();
  const findings = new Map<string, Findings>();
  const open = async (cluster: string): Promise<Recorder> => {
    const onProgress = (elements: number) => deps.onProgress(cluster, elements);
    const recorder = await openRecorder({ ...deps, cluster, onProgress }, lifetime);
    recorders.set(cluster, recorder);
    return recorder;
  };
  for (const cluster of new Set(configured)) {
    const recorder = await open(cluster);
    live.set(cluster, recorder);
    const { clock, log, state } = deps;
    findings.set(cluster, watchInvariants({ recorder, clock, log, memory: findingMemoryIn(state) }, lifetime));
  }
  for (const cluster of await deps.store.clusters()) if (!recorders.has(cluster)) await open(cluster);
  return {
    recorders,
    live,
    findings,
    adopt: async (cluster) => {
      await open(cluster);
    },
  };
}
