import { setImmediate as nextTurn } from "node:timers/promises";
import { type Identity, mayWriteHost } from "../../core/access.ts";
import type { Clock } from "../../core/clock.ts";
import type { ParsedLine } from "../line-protocol/line.ts";
import { LineReader, type ReadOptions } from "../line-protocol/parse.ts";

/** A line that was refused, as the sender is told. */
export interface RefusedLine {
  readonly kind: "malformed" | "forbidden";
  readonly line: number;
  readonly column: number;
  readonly message: string;
  /** The beginning of the line. */
  readonly text: string;
}

export interface CheckedBody {
  readonly accepted: number;
  readonly refused: number;
  readonly forbidden: number;
  /** The first few of the refused. */
  readonly examples: readonly RefusedLine[];
  /** Only the good lines; undefined when all lines are good, so that the body can be kept as it came. */
  readonly goodLines: Buffer | undefined;
}

export interface CheckOptions {
  readonly read: ReadOptions;
  readonly identity: Identity | undefined;
  readonly clock: Clock;
}

const MAX_EXAMPLES = 5;
const MAX_EXAMPLE_CHARACTERS = 80;
/** How long lines are read before other work has its turn. */
const SLICE_MS = 8;
const LINES_BETWEEN_LOOKS = 64;

/** Reads every line of a body and says which may be kept. */
export async function checkLines(body: Buffer, { read, identity, clock }: CheckOptions): Promise<CheckedBody> {
  const reader = new LineReader(body, read);
  const mayWrite = rememberingHosts(identity);
  const good: Buffer[] = [];
  const examples: RefusedLine[] = [];
  let [refused, forbidden] = [0, 0];
  let sliceStart = clock.monotonicMs();
  for (let count = 1; ; count++) {
    const line = reader.next();
    if (line === undefined) break;
    const host = line.kind === "line" ? foreignHost(line, mayWrite) : undefined;
    if (line.kind === "line" && host === undefined) good.push(body.subarray(line.start, line.end));
    else {
      refused++;
      if (host !== undefined) forbidden++;
      if (examples.length < MAX_EXAMPLES) {
        const where =
          line.kind === "problem" ? line : { ...reader.placeOf(line.start), message: `may not write host ${host}` };
        examples.push({
          kind: line.kind === "problem" ? "malformed" : "forbidden",
          line: where.line,
          column: where.column,
          message: where.message,
          text: beginningOf(body, line.start, line.end),
        });
      }
    }
    if (count % LINES_BETWEEN_LOOKS === 0 && clock.monotonicMs() - sliceStart > SLICE_MS) {
      await nextTurn();
      sliceStart = clock.monotonicMs();
    }
  }
  return {
    accepted: good.length,
    refused,
    forbidden,
    examples,
    goodLines: refused === 0 ? undefined : joinLines(good),
  };
}

/** The line's host when the sender may not write it. A line without the tag speaks for no host. */
function foreignHost(line: ParsedLine, mayWrite: (host: string) => boolean): string | undefined {
  const host = line.series.tags.find((tag) => tag.key === "host")?.value;
  return host === undefined || mayWrite(host) ? undefined : host;
}

function rememberingHosts(identity: Identity | undefined): (host: string) => boolean {
  const known = new Map<string, boolean>();
  return (host) => {
    const answer = known.get(host) ?? mayWriteHost(identity, host);
    known.set(host, answer);
    return answer;
  };
}

const NEWLINE = Buffer.from("\n");

function joinLines(lines: readonly Buffer[]): Buffer {
  return Buffer.concat(lines.flatMap((line) => [line, NEWLINE]));
}

function beginningOf(body: Buffer, start: number, end: number): string {
  const text = body.toString("utf8", start, Math.min(end, start + 4 * MAX_EXAMPLE_CHARACTERS));
  const short = text.length > MAX_EXAMPLE_CHARACTERS ? `${text.slice(0, MAX_EXAMPLE_CHARACTERS)}…` : text;
  return short.replace(/\p{Cc}/gu, " ");
}
