import { type FileHandle, open, readdir, stat, unlink } from "node:fs/promises";
import { syncFolder, writeFully } from "./durable-file.ts";

/** First bytes of every segment file: the format and its version. */
export const SEGMENT_HEADER = Buffer.from("NEPHSPL1");
export const SEGMENT_HEADER_BYTES = SEGMENT_HEADER.length;

export interface Segment {
  readonly number: number;
  readonly path: string;
  /** Up to here frames are durable; nothing behind it is ever read. */
  bytes: number;
}

const NAME = /^segment-(\d{16})\.spool$/;

export function segmentPath(folder: string, number: number): string {
  return `${folder}/segment-${String(number).padStart(16, "0")}.spool`;
}

/** The segments of a folder, oldest first. */
export async function listSegments(folder: string): Promise<Segment[]> {
  const numbers = (await readdir(folder)).flatMap((name) => NAME.exec(name)?.[1] ?? []).map(Number);
  const segments: Segment[] = [];
  for (const number of numbers.sort((a, b) => a - b)) {
    const path = segmentPath(folder, number);
    segments.push({ number, path, bytes: (await stat(path)).size });
  }
  return segments;
}

/** Opens a new, empty segment whose name and header are durable. */
export async function createSegment(folder: string, number: number): Promise<{ segment: Segment; handle: FileHandle }> {
  const path = segmentPath(folder, number);
  const handle = await open(path, "w+");
  try {
    await writeFully(handle, SEGMENT_HEADER, 0);
    await handle.datasync();
    await syncFolder(folder);
  } catch (cause) {
    await handle.close();
    // Left behind, it would be taken for the last segment at the next start; empty, it would do no harm.
    await unlink(path).catch(() => {});
    throw cause;
  }
  return { segment: { number, path, bytes: SEGMENT_HEADER_BYTES }, handle };
}
