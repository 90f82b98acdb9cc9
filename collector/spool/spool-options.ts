import type { FileHandle } from "node:fs/promises";
import type { Frame } from "./frame.ts";
import type { WritableFile } from "./segment-writer.ts";

export interface SpoolOptions {
  readonly folder: string;
  /** A new segment begins when the last one has reached this size. */
  readonly segmentBytes: number;
  /** Bytes on disk at which `append` removes all that is consumed, and refuses when that is not enough. */
  readonly maxBytes: number;
  /** What every consumer has passed is kept up to this many bytes, so that a damaged store can be built again. */
  readonly keepBytes: number;
  readonly consumers: readonly string[];
  /** Called at opening for each frame of the last two segments, oldest first. */
  readonly onRecovered?: ((frame: Frame) => void) | undefined;
  /** Called before segments go: whatever the consumers' positions stand for must be durable when it resolves. */
  readonly beforeRemoval?: (() => Promise<void>) | undefined;
  readonly wrapFile?: ((handle: FileHandle) => WritableFile) | undefined;
}
