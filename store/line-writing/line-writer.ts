import type { Log } from "../../core/log.ts";
import { createQuarantine, type Quarantine } from "./quarantine.ts";
import type { LinesReply, SendLines } from "./reply.ts";

/** What became of a batch of lines. */
export type LinesOutcome =
  /** Written; `rejected` of them only into the quarantine file. */
  { readonly kind: "ok"; readonly rejected: number } | Extract<LinesReply, { readonly kind: "retry" | "hold" }>;

/** Writes line protocol to a store. */
export interface LineWriter {
  /** For people, without secrets. */
  readonly name: string;
  /** Lines without newline at their end, times in milliseconds. */
  write(lines: readonly string[]): Promise<LinesOutcome>;
  rejectedLines(): number;
  /** Whether the store was started anew since this was asked before; false where that cannot be known. */
  readonly hasRestarted?: () => Promise<boolean>;
}

export interface LineWriterOptions {
  /** Where lines go that the store refuses. */
  readonly quarantineFolder: string;
  readonly quarantineBytes?: number;
  readonly timeoutMs?: number;
}

const QUARANTINE_BYTES = 64 * 1024 * 1024;
/** Requests spent on finding bad lines among such as are written; then what still holds some is put aside as a whole. */
const MAX_REQUESTS_PER_BATCH = 64;

export interface LineTarget {
  readonly name: string;
  /** The store's, as it begins the name of the quarantine file. */
  readonly store: string;
  readonly send: SendLines;
}

export function createLineWriter(
  { name, store, send }: LineTarget,
  { quarantineFolder, quarantineBytes = QUARANTINE_BYTES }: LineWriterOptions,
  log: Log,
): LineWriter {
  const quarantine = createQuarantine({ folder: quarantineFolder, store, maxBytes: quarantineBytes }, log);
  return {
    name,
    write: (lines) => writeDividing(lines, send, quarantine),
    rejectedLines: () => quarantine.counts.lines,
  };
}

/**
 * Sends the lines at once; where some are refused, halves them until the bad ones stand alone. The store may have written the
 * good lines of a refused half already, and takes them again without harm. Fewer than two requests for each line are sent.
 */
async function writeDividing(lines: readonly string[], send: SendLines, quarantine: Quarantine): Promise<LinesOutcome> {
  const parts = [lines];
  const refused: { readonly part: readonly string[]; readonly reason: string }[] = [];
  let requests = 0;
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    if (part.length === 0) continue;
    const reply = await send(part.join("\n"));
    requests++;
    switch (reply.kind) {
      case "ok":
        break;
      case "retry":
      case "hold":
        return reply;
      case "bad_lines":
      case "too_large": {
        const middle = Math.ceil(part.length / 2);
        // A part of which nothing was written must be divided whatever it costs.
        const isPartial = reply.kind === "bad_lines" && reply.isPartial;
        const mayDivide = part.length > 1 && (requests < MAX_REQUESTS_PER_BATCH || !isPartial);
        if (mayDivide) parts.push(part.slice(middle), part.slice(0, middle));
        else refused.push({ part, reason: reply.reason });
      }
    }
  }
  // Only now: a batch that is to be sent again would be put aside again.
  for (const { part, reason } of refused) await quarantine.add(part, reason);
  return { kind: "ok", rejected: refused.reduce((sum, { part }) => sum + part.length, 0) };
}
