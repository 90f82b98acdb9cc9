import { appendFile, mkdir, stat } from "node:fs/promises";
import { messageOf } from "../../core/errors.ts";
import { isRecord } from "../../core/json.ts";
import type { Log } from "../../core/log.ts";

/** Lines a store will never take, kept in a file so that somebody can look at them. */
export interface Quarantine {
  /** Lines put there since the start, and those of them the file had no room for or that could not be written. */
  readonly counts: { readonly lines: number; readonly notKept: number };
  add(lines: readonly string[], reason: string): Promise<void>;
}

/**
 * The file, `<store>-rejected.lp`, is bounded: when it is full or cannot be written, lines are only counted. Times in it
 * are milliseconds.
 */
export function createQuarantine(
  { folder, store, maxBytes }: { readonly folder: string; readonly store: string; readonly maxBytes: number },
  log: Log,
): Quarantine {
  const path = `${folder}/${store}-rejected.lp`;
  const counts = { lines: 0, notKept: 0 };
  return {
    counts,
    add: async (lines, reason) => {
      counts.lines += lines.length;
      const text = `# ${reason.replace(/\s+/g, " ")}\n${lines.join("\n")}\n`;
      const { kept, ...why } = await keep(folder, path, { text, maxBytes });
      if (!kept) counts.notKept += lines.length;
      log.warn({ lines: lines.length, kept, ...why, file: path, reason }, "store refused lines");
    },
  };
}

interface Addition {
  readonly text: string;
  readonly maxBytes: number;
}

/** A disk that fails must not hold up the lines the store does take. */
async function keep(
  folder: string,
  path: string,
  { text, maxBytes }: Addition,
): Promise<{ readonly kept: boolean; readonly why?: string }> {
  try {
    if ((await sizeOf(path)) + Buffer.byteLength(text) > maxBytes) return { kept: false, why: "the file is full" };
    await mkdir(folder, { recursive: true, mode: 0o750 });
    await appendFile(path, text, { mode: 0o640 });
    return { kept: true };
  } catch (cause) {
    if (!isRecord(cause) || typeof cause.code !== "string") throw cause;
    return { kept: false, why: messageOf(cause) };
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (cause) {
    if (isRecord(cause) && cause.code === "ENOENT") return 0;
    throw cause;
  }
}
