import { inflate, MAX_INFLATED_BYTES } from "../ingest/inflate.ts";
import { LineReader } from "../line-protocol/parse.ts";
import type { SeriesKeys } from "../line-protocol/series-keys.ts";
import type { Frame } from "../spool/frame.ts";

/** A frame, its body inflated, and who reads its lines. */
export interface FrameReader {
  readonly frame: Frame;
  readonly body: Buffer;
  readonly lines: LineReader;
}

/** Lines a consumer takes before it lets other work have its turn. */
export const LINES_PER_TURN = 1_000;

/** To read with `nextGood`: what was checked before it was spooled is bad only to a newer, stricter parser, and left out. */
export async function* readersOf(frames: readonly Frame[], keys: SeriesKeys): AsyncIterable<FrameReader> {
  for (const frame of frames) {
    const inflated = await inflate(frame.body, frame.encoding, MAX_INFLATED_BYTES);
    if (inflated.kind !== "bytes") continue;
    const { precision, receivedAt } = frame;
    yield { frame, body: inflated.bytes, lines: new LineReader(inflated.bytes, { precision, receivedAt, keys }) };
    inflated.giveBack();
  }
}
