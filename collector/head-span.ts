import { readFile } from "node:fs/promises";
import { type Clock, type EpochMs, epochMsOf } from "../core/clock.ts";
import { isRecord, parseJson } from "../core/json.ts";
import { replaceFile } from "./spool/durable-file.ts";

const FILE = "head-since.json";
const HOUR_MS = 3_600_000;

/** From when on the head has everything it was given. */
export interface HeadSpan {
  /** By how long it keeps samples. */
  readonly kept: () => EpochMs;
  /** By how long it keeps samples, and since when it has been there: a head that was lost begins anew. */
  readonly whole: () => EpochMs;
}

/**
 * Remembers since when the head has been there. `isNew`: it has nothing yet. A head of which that is not known counts as
 * new, and the long store is asked for more than it would have to be.
 */
export async function openHeadSpan(
  folder: string,
  { isNew, retentionHours }: { readonly isNew: boolean; readonly retentionHours: number },
  clock: Pick<Clock, "now">,
): Promise<HeadSpan> {
  let since = isNew ? undefined : await readSince(folder);
  if (since === undefined) {
    since = clock.now();
    await replaceFile(folder, FILE, `${JSON.stringify({ since_ms: since })}\n`);
  }
  // Not the oldest hour: it may be dropped while it is read.
  const kept = (): EpochMs => epochMsOf((Math.floor(clock.now() / HOUR_MS) - retentionHours + 1) * HOUR_MS);
  return { kept, whole: () => epochMsOf(Math.max(since, kept())) };
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
