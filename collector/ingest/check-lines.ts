import { setImmediate as nextTurn } from "node:timers/promises";
import { type Identity, mayWriteHost } from "../../core/access.ts";
import { type Clock, type EpochMs, epochMsOf } from "../../core/clock.ts";
import { type CountByScope, NONE_BY_SCOPE } from "../../store/embedded/metrics/refused.ts";
import { type FullScope, LIMIT_SETTINGS, scopeText } from "../../store/embedded/metrics/series-limits.ts";
import { LineReader, type ReadOptions } from "../line-protocol/parse.ts";
import { NONE_OUTSIDE, type OutsideTime, outsideText, type TakenTimes, whyOutside } from "./taken-times.ts";
import { type SeriesGate, UnsureLines } from "./unsure-lines.ts";

/** A line that was refused, as the sender is told. */
export interface RefusedLine {
  readonly kind: "malformed" | "forbidden" | "outside_time" | "too_many_series";
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
  /** Refused since there are too many series, by what is full. */
  readonly tooManySeries: CountByScope;
  /** Refused since nobody would keep a sample of that time. */
  readonly outsideTime: OutsideTime;
  /** The first few of the refused. */
  readonly examples: readonly RefusedLine[];
  /** Only the good lines; undefined when all lines are good, so that the body can be kept as it came. */
  readonly goodLines: Buffer | undefined;
  /** Whom accepted lines speak for: few, as a rule one. */
  readonly hosts: readonly SpokenFor[];
}

export interface SpokenFor {
  readonly host: string;
  /** Of the line's own tag; undefined: the collector's. */
  readonly cluster: string | undefined;
}

export interface CheckOptions {
  readonly read: ReadOptions;
  readonly identity: Identity | undefined;
  readonly clock: Clock;
  readonly gate?: SeriesGate | undefined;
  /** All times, when left out. */
  readonly times?: TakenTimes | undefined;
}

const MAX_EXAMPLES = 5;
const MAX_EXAMPLE_CHARACTERS = 80;
/** How long lines are read before other work has its turn. */
const SLICE_MS = 8;
const LINES_BETWEEN_LOOKS = 64;

/** Reads every line of a body and says which may be kept. */
export async function checkLines(body: Buffer, options: CheckOptions): Promise<CheckedBody> {
  const { gate, read } = options;
  if (gate === undefined) return readLines(body, options, NONE_FULL);
  const unsure = new UnsureLines(body);
  const checked = await readLines(body, options, (line) => {
    if (gate.isUnsure(line)) unsure.add(line);
    return undefined;
  });
  if (unsure.count === 0) return checked;
  const refused = await gate.refusedOf(unsure, read);
  // Few bodies are read a second time: those of a sender that is told now.
  return refused.size === 0 ? checked : readLines(body, options, ({ start }) => refused.get(start));
}

/** What is full of the series of a line that is good otherwise. */
type FullOf = (line: LineReader) => FullScope | undefined;

const NONE_FULL: FullOf = () => undefined;

async function readLines(
  body: Buffer,
  { read, identity, clock, times = ALL_TIMES }: CheckOptions,
  fullOf: FullOf,
): Promise<CheckedBody> {
  const reader = new LineReader(body, read);
  const mayWrite = rememberingHosts(identity);
  const hosts = new SpokenHosts();
  const good = new GoodLines(body);
  const told = new RefusedLines(body);
  let accepted = 0;
  let sliceStart = clock.monotonicMs();
  for (let count = 1; ; count++) {
    const line = reader.next();
    if (line === undefined) break;
    if (line !== "line") {
      good.leaveOut(line.start);
      told.add("malformed", line, () => line);
    } else {
      // A line without the tag speaks for no host.
      const { host } = reader.series;
      const refusal =
        host !== undefined && !mayWrite(host)
          ? ({ kind: "forbidden", message: `may not write host ${host}` } as const)
          : (told.outside(times, reader.at) ?? told.noRoom(fullOf(reader)));
      if (refusal === undefined) {
        accepted++;
        hosts.add(host, reader.series.cluster);
        good.keep(reader.start, reader.end);
      } else {
        good.leaveOut(reader.start);
        told.add(refusal.kind, reader, () => ({ ...reader.placeOf(reader.start), message: refusal.message }));
      }
    }
    if (count % LINES_BETWEEN_LOOKS === 0 && clock.monotonicMs() - sliceStart > SLICE_MS) {
      await nextTurn();
      sliceStart = clock.monotonicMs();
    }
  }
  const { count: refused, forbidden, tooManySeries, outsideTime, examples } = told;
  return {
    accepted,
    refused,
    forbidden,
    tooManySeries,
    outsideTime,
    examples,
    goodLines: good.copied(),
    hosts: hosts.all,
  };
}

function rememberingHosts(identity: Identity | undefined): (host: string) => boolean {
  const known = new Map<string, boolean>();
  return (host) => {
    const answer = known.get(host) ?? mayWriteHost(identity, host);
    known.set(host, answer);
    return answer;
  };
}

/** Lines of a body come host by host, so that the one before is nearly always the one that is asked about. */
class SpokenHosts {
  readonly all: SpokenFor[] = [];
  readonly #known = new Map<string | undefined, Set<string>>();
  #last: SpokenFor | undefined;

  add(host: string | undefined, cluster: string | undefined): void {
    if (host === undefined || (this.#last?.host === host && this.#last.cluster === cluster)) return;
    this.#last = { host, cluster };
    const known = this.#known.get(cluster);
    if (known?.has(host) === true) return;
    if (known === undefined) this.#known.set(cluster, new Set([host]));
    else known.add(host);
    this.all.push(this.#last);
  }
}

type Refusal = Pick<RefusedLine, "kind" | "message">;

const ALL_TIMES: TakenTimes = {
  oldest: epochMsOf(Number.MIN_SAFE_INTEGER),
  newest: epochMsOf(Number.MAX_SAFE_INTEGER),
  retentionHours: Number.POSITIVE_INFINITY,
};

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

/** Counts refused lines, and says of the first few what is wrong with them. */
class RefusedLines {
  readonly examples: RefusedLine[] = [];
  readonly tooManySeries = { ...NONE_BY_SCOPE };
  readonly outsideTime = { ...NONE_OUTSIDE };
  count = 0;
  forbidden = 0;
  readonly #body: Buffer;

  constructor(body: Buffer) {
    this.#body = body;
  }

  add(
    kind: RefusedLine["kind"],
    { start, end }: { readonly start: number; readonly end: number },
    what: () => Pick<RefusedLine, "line" | "column" | "message">,
  ): void {
    this.count++;
    if (kind === "forbidden") this.forbidden++;
    if (this.examples.length >= MAX_EXAMPLES) return;
    const { line, column, message } = what();
    this.examples.push({ kind, line, column, message, text: beginningOf(this.#body, start, end) });
  }

  /** How a sender is told, as `noRoom` does; undefined of a time that is taken. */
  outside(times: TakenTimes, at: EpochMs): Refusal | undefined {
    const why = whyOutside(times, at);
    if (why === undefined) return undefined;
    this.outsideTime[why]++;
    return { kind: "outside_time", message: outsideText(why, at, times) };
  }

  noRoom(full: FullScope | undefined): Refusal | undefined {
    if (full === undefined) return undefined;
    this.tooManySeries[full.kind]++;
    const message = `${scopeText(full)} has ${full.series} series of at most ${full.limit} (metrics.${LIMIT_SETTINGS[full.kind]})`;
    return { kind: "too_many_series", message };
  }
}

function beginningOf(body: Buffer, start: number, end: number): string {
  const text = body.toString("utf8", start, Math.min(end, start + 4 * MAX_EXAMPLE_CHARACTERS));
  const short = text.length > MAX_EXAMPLE_CHARACTERS ? `${text.slice(0, MAX_EXAMPLE_CHARACTERS)}…` : text;
  return short.replace(/\p{Cc}/gu, " ");
}
