import { appendFile, mkdir, stat } from "node:fs/promises";
import { isRecord } from "../../core/json.ts";
import type { Log } from "../../core/log.ts";

/** Lines a store will never take, kept in a file so that somebody can look at them. */
export interface Quarantine {
  /** Lines put there since the start, and lines for which the file had no room. */
  readonly counts: { readonly lines: number; readonly notKept: number };
  add(lines: readonly string[], reason: string): Promise<void>;
}

/** The file is bounded: when it is full, lines are only counted. Times in it are milliseconds. */
export function createQuarantine(folder: string, maxBytes: number, log: Log): Quarantine {
  const path = `${folder}/influxdb-rejected.lp`;
  const counts = { lines: 0, notKept: 0 };
  return {
    counts,
    add: async (lines, reason) => {
      counts.lines += lines.length;
      const text = `# ${reason.replace(/\s+/g, " ")}\n${lines.join("\n")}\n`;
      const hasRoom = (await sizeOf(path)) + Buffer.byteLength(text) <= maxBytes;
      log.warn({ lines: lines.length, kept: hasRoom, file: path, reason }, "InfluxDB refused lines");
      if (!hasRoom) {
        counts.notKept += lines.length;
        return;
      }
      await mkdir(folder, { recursive: true, mode: 0o750 });
      await appendFile(path, text, { mode: 0o640 });
    },
  };
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (cause) {
    if (isRecord(cause) && cause.code === "ENOENT") return 0;
    throw cause;
  }
}
