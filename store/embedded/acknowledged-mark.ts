import { closeSync, existsSync, openSync, readFileSync, writeSync } from "node:fs";
import { messageOf, OperatorError } from "../../core/errors.ts";
import { isRecord } from "../../core/json.ts";

/**
 * The last acknowledged revision of each cluster, in a small file beside the database. When DuckDB finds its
 * write-ahead log damaged at some places it drops the rest without a word; the mark is how we notice.
 * It is written in place and not synced: it may be behind the database after a power cut, never ahead of it.
 */
export interface AcknowledgedMark {
  readonly path: string;
  readonly revisions: ReadonlyMap<string, number>;
  write(revisions: ReadonlyMap<string, number>): void;
  close(): void;
}

export function markOf(path: string): string {
  return `${path}.mark`;
}

/** The text is padded to a multiple of this, so that it keeps its place on a disk that is full. */
const BLOCK_BYTES = 4_096;

export function openMark(databasePath: string): AcknowledgedMark {
  const path = markOf(databasePath);
  const revisions = existsSync(path) ? parseMark(path, readFileSync(path, "utf8")) : new Map<string, number>();
  const file = openSync(path, existsSync(path) ? "r+" : "w+");
  return {
    path,
    revisions,
    write: (latest) => {
      const text = JSON.stringify(Object.fromEntries(latest));
      const block = Buffer.alloc(Math.ceil(Buffer.byteLength(text) / BLOCK_BYTES) * BLOCK_BYTES, " ");
      block.write(text);
      writeSync(file, block, 0, block.length, 0);
    },
    close: () => closeSync(file),
  };
}

/** Throws `store.damaged` when the database lacks revisions that were acknowledged. */
export function compareWithMark(
  databasePath: string,
  mark: AcknowledgedMark,
  stored: ReadonlyMap<string, number>,
): void {
  for (const [cluster, acknowledged] of mark.revisions) {
    const last = stored.get(cluster) ?? 0;
    if (last >= acknowledged) continue;
    throw new OperatorError({
      code: "store.damaged",
      message: `the database ${databasePath} ends at revision ${last} of cluster ${cluster}, but ${acknowledged} had been acknowledged`,
      hint: `put a backup in its place; to go on with what is left, delete ${mark.path}`,
      status: 503,
    });
  }
}

function parseMark(path: string, text: string): ReadonlyMap<string, number> {
  // Created, then killed before the first commit.
  if (text.trim() === "") return new Map();
  try {
    const json: unknown = JSON.parse(text);
    if (!isRecord(json)) throw new Error("is not an object");
    return new Map(Object.entries(json).filter((entry): entry is [string, number] => typeof entry[1] === "number"));
  } catch (cause) {
    throw new OperatorError({
      code: "store.damaged",
      message: `the file ${path} is damaged: ${messageOf(cause)}`,
      hint: "delete it; it only guards against unnoticed loss in the database beside it",
      status: 503,
      cause,
    });
  }
}
