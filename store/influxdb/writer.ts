import type { Lifetime } from "../../core/lifetime.ts";
import type { Log } from "../../core/log.ts";
import { type InfluxConfig, influxTarget } from "./config.ts";
import { createQuarantine, type Quarantine } from "./quarantine.ts";
import type { InfluxReply } from "./reply.ts";
import { createTransport, type SendLines } from "./transport.ts";

/** What became of a batch of lines. */
export type InfluxOutcome =
  /** Written; `rejected` of them only into the quarantine file. */
  { readonly kind: "ok"; readonly rejected: number } | Extract<InfluxReply, { readonly kind: "retry" | "hold" }>;

export interface InfluxWriter {
  /** For people, without secrets. */
  readonly name: string;
  /** Lines without newline at their end, times in milliseconds. Writing the same lines again changes nothing. */
  write(lines: readonly string[]): Promise<InfluxOutcome>;
  rejectedLines(): number;
}

export interface InfluxWriterOptions {
  /** Where lines go that InfluxDB refuses. */
  readonly quarantineFolder: string;
  readonly quarantineBytes?: number;
  readonly timeoutMs?: number;
}

const QUARANTINE_BYTES = 64 * 1024 * 1024;
const TIMEOUT_MS = 10_000;
/** Requests spent on finding the bad lines of one batch; then what still holds some is put aside as a whole. */
const MAX_REQUESTS_PER_BATCH = 64;

/** Errors: `config.invalid`. */
export function createInfluxWriter(
  config: InfluxConfig,
  options: InfluxWriterOptions,
  log: Log,
  lifetime: Lifetime,
): InfluxWriter {
  const target = influxTarget(config);
  const send = createTransport(target, { timeoutMs: options.timeoutMs ?? TIMEOUT_MS, connections: 2 }, lifetime);
  const quarantine = createQuarantine(options.quarantineFolder, options.quarantineBytes ?? QUARANTINE_BYTES, log);
  return {
    name: target.name,
    write: (lines) => writeDividing(lines, send, quarantine),
    rejectedLines: () => quarantine.counts.lines,
  };
}

/**
 * Sends the lines at once; where some are refused, halves them until the bad ones stand alone. InfluxDB wrote the good
 * lines of a refused half already, and writes them again without harm.
 */
export async function writeDividing(
  lines: readonly string[],
  send: SendLines,
  quarantine: Quarantine,
): Promise<InfluxOutcome> {
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
        // A part that is too large must be divided whatever it costs, since none of it was written.
        const mayDivide = part.length > 1 && (requests < MAX_REQUESTS_PER_BATCH || reply.kind === "too_large");
        if (mayDivide) parts.push(part.slice(middle), part.slice(0, middle));
        else refused.push({ part, reason: reply.reason });
      }
    }
  }
  // Only now: a batch that is to be sent again would be put aside again.
  for (const { part, reason } of refused) await quarantine.add(part, reason);
  return { kind: "ok", rejected: refused.reduce((sum, { part }) => sum + part.length, 0) };
}
