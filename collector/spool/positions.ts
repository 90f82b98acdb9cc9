import { readFile } from "node:fs/promises";
import { crc32 } from "node:zlib";
import { isRecord, parseJson } from "../../core/json.ts";
import type { SpoolPosition } from "../../store/metric-store.ts";
import { replaceFile } from "./durable-file.ts";

/** How far each consumer has come, one small file each. */
export async function loadPosition(folder: string, consumer: string): Promise<SpoolPosition | undefined> {
  let text: string;
  try {
    text = await readFile(`${folder}/${fileOf(consumer)}`, "utf8");
  } catch (cause) {
    if (isRecord(cause) && cause.code === "ENOENT") return undefined;
    throw cause;
  }
  return parsePosition(text);
}

export async function savePosition(folder: string, consumer: string, position: SpoolPosition): Promise<void> {
  await replaceFile(folder, fileOf(consumer), `${JSON.stringify({ ...position, crc32: checksumOf(position) })}\n`);
}

/** A place that is wrong and looks right would leave frames out. */
function checksumOf({ segment, offset }: SpoolPosition): number {
  return crc32(`${segment} ${offset}`);
}

function fileOf(consumer: string): string {
  return `position-${consumer}.json`;
}

/** A file nobody can read means the beginning: consumers may be given a frame twice, but none is left out. */
function parsePosition(text: string): SpoolPosition | undefined {
  const value = parseJson(text);
  if (!isRecord(value)) return undefined;
  const position = { segment: Number(value.segment), offset: Number(value.offset) };
  return value.crc32 === checksumOf(position) ? position : undefined;
}

export function comparePositions(a: SpoolPosition, b: SpoolPosition): number {
  return a.segment - b.segment || a.offset - b.offset;
}
