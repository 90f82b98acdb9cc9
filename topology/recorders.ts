import type { Lifetime } from "../core/lifetime.ts";
import { openRecorder, type Recorder, type RecorderOptions } from "./recorder.ts";

/** The recorders of all clusters this collector keeps, by cluster; the first is the collector's own. */
export type Recorders = ReadonlyMap<string, Recorder>;

/** Opens them one after the other, so that loading takes the memory of one. Errors: those of the store. */
export async function openRecorders(
  clusters: readonly string[],
  options: Omit<RecorderOptions, "cluster" | "onProgress"> & {
    /** Told while a cluster's state is loaded: how many elements so far. */
    readonly onProgress?: ((cluster: string, elements: number) => void) | undefined;
  },
  lifetime: Lifetime,
): Promise<Recorders> {
  const recorders = new Map<string, Recorder>();
  for (const cluster of new Set(clusters)) {
    const onProgress = (elements: number) => options.onProgress?.(cluster, elements);
    recorders.set(cluster, await openRecorder({ ...options, cluster, onProgress }, lifetime));
  }
  return recorders;
}
