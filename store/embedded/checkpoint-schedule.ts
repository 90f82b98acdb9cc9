import { messageOf } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import type { DuckDbFile } from "./duckdb-file.ts";
import { type CheckpointInfo, newestCheckpoint, writeCheckpoint } from "./topology-checkpoints.ts";

export const CHECKPOINT_EVERY_CHANGES = 10_000;

/** Writes checkpoints of clusters as changes add up, one at a time, without holding up commits. */
export interface CheckpointSchedule {
  /** Called after each commit. */
  committed(cluster: string, revision: number, changes: number): void;
  /** Until the checkpoint under way, if any, is written. */
  settled(): Promise<void>;
}

interface Progress {
  newest: CheckpointInfo;
  changesSince: number;
  revision: number;
  isWriting: boolean;
}

/** `everyChanges`: a checkpoint is due after this many changes, or a quarter of the elements if that is more. */
export function createCheckpointSchedule(
  file: DuckDbFile,
  log: Log,
  everyChanges: number = CHECKPOINT_EVERY_CHANGES,
): CheckpointSchedule {
  const clusters = new Map<string, Progress>();
  let writing: Promise<void> = Promise.resolve();

  const write = async (cluster: string, progress: Progress): Promise<void> => {
    const { revision, changesSince } = progress;
    try {
      if (progress.newest.revision === 0) {
        progress.newest = await file.use("background", (c) => newestCheckpoint(c, cluster));
      }
      if (changesSince < progress.newest.elements / 4) return;
      progress.newest = await file.use("background", (c) => writeCheckpoint(c, cluster, revision));
      log.debug({ cluster, revision, elements: progress.newest.elements }, "topology checkpoint written");
    } catch (error) {
      // Checkpoints only make reading faster; the next one covers what this one would have.
      log.warn({ cluster, revision, error: messageOf(error) }, "topology checkpoint not written");
    } finally {
      progress.changesSince -= changesSince;
      progress.isWriting = false;
    }
  };

  return {
    committed: (cluster, revision, changes) => {
      const progress = clusters.get(cluster) ?? newProgress();
      clusters.set(cluster, progress);
      progress.changesSince += changes;
      progress.revision = revision;
      const due = Math.max(everyChanges, progress.newest.elements / 4);
      if (progress.isWriting || progress.changesSince < due) return;
      progress.isWriting = true;
      writing = writing.then(() => write(cluster, progress));
    },
    settled: () => writing,
  };
}

function newProgress(): Progress {
  return { newest: { revision: 0, elements: 0 }, changesSince: 0, revision: 0, isWriting: false };
}
