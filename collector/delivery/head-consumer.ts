import { setImmediate as nextTurn } from "node:timers/promises";
import type { EmbeddedMetrics } from "../../store/embedded/metrics/head.ts";
import type { RowGatherer } from "../../store/embedded/metrics/row-gatherer.ts";
import type { SpoolPosition } from "../../store/metric-store.ts";
import type { SeriesKeys } from "../line-protocol/series-keys.ts";
import type { ConsumeOutcome, Consumer } from "../spool/feed.ts";
import type { Frame } from "../spool/frame.ts";
import { LINES_PER_TURN, readersOf } from "./frame-readers.ts";

/**
 * With so many samples a commit of the head is large enough; more frames take another. One frame is one commit however large: of
 * 64 MB of text (`MAX_INFLATED_BYTES`) up to 14 million samples, or 3 million lines of a wide measurement with one field each, with which
 * the process takes 1.8 GB for some seconds (docs/adr/0012).
 */
const SAMPLES_PER_WRITE = 500_000;

/**
 * Puts frames into the head. Each commit takes whole frames and the position behind them, so that whoever is killed between two
 * commits doubles nothing. What the head refuses (too old, too many series) it counts itself.
 */
export function createHeadConsumer(
  head: Pick<EmbeddedMetrics, "gather" | "writeGathered">,
  keys: SeriesKeys,
  samplesPerWrite = SAMPLES_PER_WRITE,
): Consumer {
  const write = async (rows: RowGatherer, position: SpoolPosition): Promise<ConsumeOutcome> => {
    const outcome = await head.writeGathered(rows, position);
    return outcome.kind === "retry" ? { ...outcome, hint: "look at the disk the head lies on" } : { kind: "ok" };
  };
  return {
    name: "head",
    consume: async (frames: readonly Frame[], next: SpoolPosition): Promise<ConsumeOutcome> => {
      let rows = head.gather();
      let count = 0;
      for await (const { frame, lines } of readersOf(frames, keys)) {
        if (rows.samples >= samplesPerWrite) {
          const outcome = await write(rows, frame.position);
          if (outcome.kind !== "ok") return outcome;
          rows = head.gather();
        }
        while (lines.nextGood()) {
          rows.addLine(lines, frame.cluster);
          if (++count % LINES_PER_TURN === 0) await nextTurn();
        }
      }
      return write(rows, next);
    },
  };
}
