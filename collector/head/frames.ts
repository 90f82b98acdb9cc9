import { isMarkedAsUntransferable } from "node:worker_threads";
import type { Frame } from "../spool/frame.ts";

/** The memory frames lie in, which can be handed over instead of copied: many were read at once. */
export function memoryOf(frames: readonly Frame[]): readonly ArrayBuffer[] {
  const buffers = new Set(frames.map(({ body }) => body.buffer));
  return [...buffers].flatMap((buffer) =>
    buffer instanceof ArrayBuffer && !isMarkedAsUntransferable(buffer) ? [buffer] : [],
  );
}

/** Bodies come over as plain bytes. */
export function withBuffers(frames: readonly Frame[]): readonly Frame[] {
  return frames.map((frame) => {
    const { buffer, byteOffset, byteLength } = frame.body;
    return { ...frame, body: Buffer.from(buffer, byteOffset, byteLength) };
  });
}
