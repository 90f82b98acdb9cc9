import type { Stream } from "../../../cli/streams/open-streams.ts";
import { streamLine } from "../../../cli/streams/stream-line.ts";
import { epochMsOf } from "../../../core/clock.ts";

export type Line = Readonly<Record<string, unknown>>;

/** What a stream would write, as its readers parse it. */
export function memoryStream(): Stream & { readonly lines: Line[] } {
  const lines: Line[] = [];
  return {
    lines,
    write: (fields) => void lines.push(JSON.parse(streamLine("test", epochMsOf(0), fields))),
    get writtenLines() {
      return lines.length;
    },
    droppedLines: 0,
  };
}
