import { readFile } from "node:fs/promises";
import { type Clock, type EpochMs, epochMsOf } from "../core/clock.ts";
import { isRecord, parseJson } from "../core/json.ts";
import { replaceFile } from "./spool/durable-file.ts";

const FILE = "head-since.json";
const HOUR_MS = 3_600_000;

/**
 * From when on the head has everything it was given: by how long it keeps samples, by what it dropped when it kept them for a shorter
 * time, and since when it has been there: a head that was lost begins anew.
 */
export type HeadSpan = () => EpochMs;

interface HeadOfSpan {
  /** It has nothing yet. */
  readonly isNew: boolean;
  readonly retentionHours: number;
  /** As its `stats` tell. */
  readonly droppedBeforeMs: () => number;
}

/**
 * Remembers since when the head has been there. A head of which that is not known counts as new, and the long store is asked for
 * more than it would have to be.
 */
export async function openHeadSpan(
  folder: string,
  { isNew, retentionHours, droppedBeforeMs }: HeadOfSpan,
  clock: Pick<Clock, "now">,
): Promise<HeadSpan> {
  let since = isNew ? undefined : await readSince(folder);
  if (since === undefined) {
    since = clock.now();
    await replaceFile(folder, FILE, `${JSON.stringify({ since_ms: since })}\n`);
  }
  // Not the oldest hour: it may be dropped while it is read.
  const kept = (): number => (Math.floor(clock.now() / HOUR_MS) - retentionHours + 1) * HOUR_MS;
  return () => epochMsOf(Math.max(since, kept(), droppedBeforeMs()));
}

async function readSince(folder: string): Promise<EpochMs | undefined> {
  const text = await readFile(`${folder}/${FILE}`, "utf8").catch((cause: unknown) => {
    if (isRecord(cause) && cause.code === "ENOENT") return "";
    throw cause;
  });
  return parseSince(text);
}

function parseSince(text: string): EpochMs | undefined {
  const value = parseJson(text);
  return isRecord(value) && Number.isSafeInteger(value.since_ms) ? epochMsOf(Number(value.since_ms)) : undefined;
}
