import { setImmediate as nextTurn } from "node:timers/promises";
import { inflate, MAX_INFLATED_BYTES } from "../ingest/inflate.ts";
import type { ParsedLine } from "../line-protocol/line.ts";
import { LineReader } from "../line-protocol/parse.ts";
import type { SeriesKeys } from "../line-protocol/series-keys.ts";
import type { Frame } from "../spool/frame.ts";

/** Lines with the body they stand in. */
export interface LineSlice {
  readonly frame: Frame;
  readonly body: Buffer;
  readonly lines: readonly ParsedLine[];
}

/** Lines read at a time, between which other work has its turn. */
const LINES_PER_SLICE = 1_000;

/**
 * The lines of frames, slice by slice. They were checked before they were spooled, so what cannot be read any more was
 * refused by a newer, stricter parser: it is left out.
 */
export async function* linesOfFrames(frames: readonly Frame[], keys: SeriesKeys): AsyncIterable<LineSlice> {
  for (const frame of frames) {
    const inflated = await inflate(frame.body, frame.encoding, MAX_INFLATED_BYTES);
    if (inflated.kind !== "bytes") continue;
    const reader = new LineReader(inflated.bytes, { precision: frame.precision, receivedAt: frame.receivedAt, keys });
    for (let lines = takeLines(reader); lines.length > 0; lines = takeLines(reader)) {
      yield { frame, body: inflated.bytes, lines };
      if (lines.length === LINES_PER_SLICE) await nextTurn();
    }
  }
}

function takeLines(reader: LineReader): ParsedLine[] {
  const lines: ParsedLine[] = [];
  while (lines.length < LINES_PER_SLICE) {
    const line = reader.next();
    if (line === undefined) break;
    if (line.kind === "line") lines.push(line);
  }
  return lines;
}
