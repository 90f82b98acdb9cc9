import { setImmediate as nextTurn } from "node:timers/promises";
import { type Identity, mayWriteHost } from "../../core/access.ts";
import type { Clock } from "../../core/clock.ts";
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
  const good = new GoodLines(body);
  const examples: RefusedLine[] = [];
  let [accepted, refused, forbidden] = [0, 0, 0];
  let sliceStart = clock.monotonicMs();
  for (let count = 1; ; count++) {
    const line = reader.next();
    if (line === undefined) break;
    // A line without the tag speaks for no host.
    const { host } = line === "line" ? reader.series : NOBODY;
    if (line === "line" && (host === undefined || mayWrite(host))) {
      accepted++;
      good.keep(reader.start, reader.end);
    } else {
      const { start, end } = line === "line" ? reader : line;
      good.leaveOut(start);
      refused++;
      if (line === "line") forbidden++;
      if (examples.length < MAX_EXAMPLES) {
        const text = beginningOf(body, start, end);
        examples.push(
          line === "line"
            ? { kind: "forbidden", ...reader.placeOf(start), message: `may not write host ${host}`, text }
            : { kind: "malformed", line: line.line, column: line.column, message: line.message, text },
        );
      }
    }
    if (count % LINES_BETWEEN_LOOKS === 0 && clock.monotonicMs() - sliceStart > SLICE_MS) {
      await nextTurn();
      sliceStart = clock.monotonicMs();
    }
  }
  return {
    accepted,
    refused,
    forbidden,
    examples,
    goodLines: good.copied(),
  };
}

const NOBODY = { host: undefined };

function rememberingHosts(identity: Identity | undefined): (host: string) => boolean {
  const known = new Map<string, boolean>();
  return (host) => {
    const answer = known.get(host) ?? mayWriteHost(identity, host);
    known.set(host, answer);
    return answer;
  };
}

const NEWLINE = 0x0a;

/** The good lines of a body, in one copy that is made when the first bad line is met. */
class GoodLines {
  readonly #body: Buffer;
  #copy: Buffer | undefined;
  #length = 0;

  constructor(body: Buffer) {
    this.#body = body;
  }

  keep(start: number, end: number): void {
    if (this.#copy === undefined) return;
    this.#length += this.#body.copy(this.#copy, this.#length, start, end);
    this.#copy[this.#length++] = NEWLINE;
  }

  /** All before the first bad line is kept as it came, comments too. */
  leaveOut(start: number): void {
    if (this.#copy !== undefined) return;
    // One more than the body: its last line may have no newline.
    this.#copy = Buffer.allocUnsafe(this.#body.length + 1);
    this.#length = this.#body.copy(this.#copy, 0, 0, start);
  }

  /** Undefined while no line was left out. */
  copied(): Buffer | undefined {
    return this.#copy?.subarray(0, this.#length);
  }
}

function beginningOf(body: Buffer, start: number, end: number): string {
  const text = body.toString("utf8", start, Math.min(end, start + 4 * MAX_EXAMPLE_CHARACTERS));
  const short = text.length > MAX_EXAMPLE_CHARACTERS ? `${text.slice(0, MAX_EXAMPLE_CHARACTERS)}…` : text;
  return short.replace(/\p{Cc}/gu, " ");
}
