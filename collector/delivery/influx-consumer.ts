import { setImmediate as nextTurn } from "node:timers/promises";
import type { InfluxWriter } from "../../store/influxdb/writer.ts";
import type { SeriesKeys } from "../line-protocol/series-keys.ts";
import type { ConsumeOutcome, Consumer } from "../spool/feed.ts";
import type { Frame } from "../spool/frame.ts";
import { LINES_PER_TURN, readersOf } from "./frame-readers.ts";
import { influxLine } from "./influx-line.ts";

/** InfluxData recommends batches of 5,000 to 10,000 lines. */
const LINES_PER_REQUEST = 5_000;

/** Writes frames to InfluxDB. Frames given again after an outage overwrite their own points. */
export function createInfluxConsumer(writer: InfluxWriter, keys: SeriesKeys): Consumer {
  const write = async (lines: readonly string[]): Promise<ConsumeOutcome> => {
    const outcome = lines.length === 0 ? ({ kind: "ok" } as const) : await writer.write(lines);
    switch (outcome.kind) {
      case "ok":
        return { kind: "ok" };
      case "retry":
        return { ...outcome, hint: "nothing acknowledged is lost: it waits in the spool until InfluxDB is back" };
      case "hold":
        return outcome;
    }
  };
  return {
    name: "influxdb",
    consume: async (frames: readonly Frame[]): Promise<ConsumeOutcome> => {
      let lines: string[] = [];
      for await (const { frame, body, lines: reader } of readersOf(frames, keys)) {
        while (reader.nextGood()) {
          lines.push(influxLine(body, reader, frame.cluster));
          if (lines.length % LINES_PER_TURN === 0) await nextTurn();
          if (lines.length < LINES_PER_REQUEST) continue;
          const outcome = await write(lines);
          if (outcome.kind !== "ok") return outcome;
          lines = [];
        }
      }
      return write(lines);
    },
  };
}
