import { setImmediate as nextTurn } from "node:timers/promises";
import type { LineWriter } from "../../store/line-writing/line-writer.ts";
import type { LineReader } from "../line-protocol/parse.ts";
import type { SeriesKeys } from "../line-protocol/series-keys.ts";
import type { ConsumeOutcome, Consumer } from "../spool/feed.ts";
import type { Frame } from "../spool/frame.ts";
import { LINES_PER_TURN, readersOf } from "./frame-readers.ts";

export interface LineStore {
  /** The consumer's, under which its place in the spool is kept. */
  readonly consumer: string;
  /** For people. */
  readonly title: string;
  readonly writer: LineWriter;
  readonly linesPerRequest: number;
  /** Adds the line that was read last, as the store takes it: none, one or several. */
  readonly addLine: (lines: string[], body: Buffer, line: LineReader, cluster: string) => void;
}

/** Writes frames to a store that takes line protocol. Frames given again after an outage change nothing that is read. */
export function createLineConsumer(
  { consumer, title, writer, linesPerRequest, addLine }: LineStore,
  keys: SeriesKeys,
): Consumer {
  const write = async (lines: readonly string[]): Promise<ConsumeOutcome> => {
    const outcome = lines.length === 0 ? ({ kind: "ok" } as const) : await writer.write(lines);
    switch (outcome.kind) {
      case "ok":
        return { kind: "ok" };
      case "retry":
        return { ...outcome, hint: `nothing acknowledged is lost: it waits in the spool until ${title} is back` };
      case "hold":
        return outcome;
    }
  };
  return {
    name: consumer,
    hasRestarted: writer.hasRestarted,
    consume: async (frames: readonly Frame[]): Promise<ConsumeOutcome> => {
      let lines: string[] = [];
      let read = 0;
      // One request at a time, since the last to arrive counts; the next is made ready meanwhile.
      let sending = write([]);
      for await (const { frame, body, lines: reader } of readersOf(frames, keys)) {
        while (reader.nextGood()) {
          addLine(lines, body, reader, frame.cluster);
          if (++read % LINES_PER_TURN === 0) await nextTurn();
          if (lines.length < linesPerRequest) continue;
          const outcome = await sending;
          if (outcome.kind !== "ok") return outcome;
          sending = write(lines);
          lines = [];
        }
      }
      const outcome = await sending;
      return outcome.kind === "ok" ? write(lines) : outcome;
    },
  };
}
