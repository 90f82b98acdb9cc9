import { join } from "node:path";
import type { Clock } from "../../core/clock.ts";
import type { Lifetime } from "../../core/lifetime.ts";
import type { Log } from "../../core/log.ts";
import { openRotatingFile } from "./rotating-file.ts";
import { streamLine } from "./stream-line.ts";

export const STREAMS = ["tracing", "analysis", "behaviour", "operations"] as const;
export type StreamName = (typeof STREAMS)[number];

export interface Stream {
  write(fields: { readonly [name: string]: unknown }): void;
  readonly writtenLines: number;
  readonly droppedLines: number;
}

export type Streams = { readonly [name in StreamName]: Stream };

export interface StreamsOptions {
  readonly folder: string;
  /** Of one file. */
  readonly maxBytes: number;
  /** Of one stream. */
  readonly maxFiles: number;
}

/** Opens the four streams below the folder. What one cannot write is dropped and counted, and said once. */
export function openStreams(
  { folder, maxBytes, maxFiles }: StreamsOptions,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  lifetime: Lifetime,
): Streams {
  const open = (stream: StreamName): Stream => {
    const onTrouble = (reason: string): void => log.warn({ stream, reason }, "stream not written, lines are dropped");
    const file = openRotatingFile({ path: join(folder, `${stream}.ndjson`), maxBytes, maxFiles, onTrouble }, lifetime);
    return {
      write: (fields) => file.write(streamLine(stream, clock.now(), fields)),
      get writtenLines() {
        return file.writtenLines;
      },
      get droppedLines() {
        return file.droppedLines;
      },
    };
  };
  return {
    tracing: open("tracing"),
    analysis: open("analysis"),
    behaviour: open("behaviour"),
    operations: open("operations"),
  };
}
