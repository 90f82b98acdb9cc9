import { setImmediate as nextTurn } from "node:timers/promises";
import type { EmbeddedMetrics } from "../../store/embedded/metrics/head.ts";
import type { RowGatherer } from "../../store/embedded/metrics/row-gatherer.ts";
import type { SpoolPosition } from "../../store/metric-store.ts";
import type { SeriesKeys } from "../line-protocol/series-keys.ts";
import type { ConsumeOutcome, Consumer } from "../spool/feed.ts";
import type { Frame } from "../spool/frame.ts";
import { LINES_PER_TURN, readersOf } from "./frame-readers.ts";

/**
 * A commit of the head takes about this many samples at most, since they are appended in one go; larger frames take
 * several, the last with the position.
 */
const SAMPLES_PER_WRITE = 500_000;

/** Puts frames into the head. What it refuses (too old, too many series) it counts itself. */
export function createHeadConsumer(head: EmbeddedMetrics, keys: SeriesKeys): Consumer {
  const write = async (rows: RowGatherer, position?: SpoolPosition): Promise<ConsumeOutcome> => {
    const outcome = await head.writeGathered(rows, position);
    return outcome.kind === "retry" ? { ...outcome, hint: "look at the disk the head lies on" } : { kind: "ok" };
  };
  return {
    name: "head",
    consume: async (frames: readonly Frame[], next: SpoolPosition): Promise<ConsumeOutcome> => {
      let rows = head.gather();
      let count = 0;
      for await (const { frame, lines } of readersOf(frames, keys)) {
        while (lines.nextGood()) {
          rows.addLine(lines, frame.cluster);
          if (++count % LINES_PER_TURN === 0) await nextTurn();
          if (rows.samples < SAMPLES_PER_WRITE) continue;
          const outcome = await write(rows);
          if (outcome.kind !== "ok") return outcome;
          rows = head.gather();
        }
      }
      return write(rows, next);
    },
  };
}
