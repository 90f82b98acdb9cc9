import type { MetricStore, Sample, SpoolPosition } from "../../store/metric-store.ts";
import type { SeriesKeys } from "../line-protocol/series-keys.ts";
import type { ConsumeOutcome, Consumer } from "../spool/feed.ts";
import type { Frame } from "../spool/frame.ts";
import { linesOfFrames } from "./frame-lines.ts";
import { addSamples, LabelCache } from "./samples.ts";

/**
 * A commit of the head takes about this many samples at most, since they are appended in one go; larger frames take
 * several, the last with the position.
 */
const SAMPLES_PER_WRITE = 20_000;

/** Puts frames into the head. What it refuses (too old, too many series) it counts itself. */
export function createHeadConsumer(head: MetricStore, keys: SeriesKeys): Consumer {
  const cache = new LabelCache();
  const write = async (samples: readonly Sample[], position?: SpoolPosition): Promise<ConsumeOutcome> => {
    const outcome = await head.write({ samples, position });
    return outcome.kind === "retry" ? { ...outcome, hint: "look at the disk the head lies on" } : { kind: "ok" };
  };
  return {
    name: "head",
    consume: async (frames: readonly Frame[], next: SpoolPosition): Promise<ConsumeOutcome> => {
      let samples: Sample[] = [];
      for await (const { frame, lines } of linesOfFrames(frames, keys)) {
        for (const line of lines) addSamples(line, frame.cluster, cache, samples);
        if (samples.length < SAMPLES_PER_WRITE) continue;
        const outcome = await write(samples);
        if (outcome.kind !== "ok") return outcome;
        samples = [];
      }
      return write(samples, next);
    },
  };
}
