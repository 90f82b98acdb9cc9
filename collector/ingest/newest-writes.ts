import { type EpochMs, epochMsOf } from "../../core/clock.ts";
import type { TraceContext } from "../../core/trace.ts";

/** A write whose samples are durable. */
export interface DurableWrite {
  /** The collector's own span of it. */
  readonly trace: TraceContext;
  readonly at: EpochMs;
  /** Until it was durable. */
  readonly durationMs: number;
  readonly lines: number;
  /** Of the body, as it came. */
  readonly bytes: number;
}

/** Hosts remembered; beyond, the one that was heard longest ago is forgotten. */
const MOST_HOSTS = 50_000;

const TRACE_BYTES = 16;
const SPAN_BYTES = 8;
const IDS = TRACE_BYTES + SPAN_BYTES;
const NUMBERS = 4;
/** Rows there are at first; twice as many each time that they are not enough. */
const FIRST_ROWS = 64;

/**
 * The newest durable write of each host, in some 56 bytes each besides its name: the trace that an alert about the host goes on with. Lost
 * with the process; alerts keep theirs.
 */
export class NewestWrites {
  readonly #mostHosts: number;
  /** In the order they were last heard. */
  readonly #rows = new Map<string, number>();
  #ids = Buffer.alloc(FIRST_ROWS * IDS);
  #numbers = new Float64Array(FIRST_ROWS * NUMBERS);

  constructor(mostHosts = MOST_HOSTS) {
    this.#mostHosts = mostHosts;
  }

  get hosts(): number {
    return this.#rows.size;
  }

  /** What the tables take, without names. */
  get tableBytes(): number {
    return this.#ids.length + this.#numbers.byteLength;
  }

  remember(cluster: string, host: string, { trace, at, durationMs, lines, bytes }: DurableWrite): void {
    const row = this.#rowFor(keyOf(cluster, host));
    this.#ids.write(trace.traceId, row * IDS, TRACE_BYTES, "hex");
    this.#ids.write(trace.spanId, row * IDS + TRACE_BYTES, SPAN_BYTES, "hex");
    this.#numbers.set([at, durationMs, lines, bytes], row * NUMBERS);
  }

  newestOf(cluster: string, host: string): DurableWrite | undefined {
    const row = this.#rows.get(keyOf(cluster, host));
    if (row === undefined) return undefined;
    const [at = 0, durationMs = 0, lines = 0, bytes = 0] = this.#numbers.subarray(row * NUMBERS, (row + 1) * NUMBERS);
    const middle = row * IDS + TRACE_BYTES;
    const traceId = this.#ids.toString("hex", row * IDS, middle);
    const spanId = this.#ids.toString("hex", middle, middle + SPAN_BYTES);
    return { trace: { traceId, spanId }, at: epochMsOf(at), durationMs, lines, bytes };
  }

  #rowFor(key: string): number {
    const known = this.#rows.get(key) ?? this.#freeRow();
    this.#rows.delete(key);
    this.#rows.set(key, known);
    return known;
  }

  #freeRow(): number {
    if (this.#rows.size >= this.#mostHosts) {
      for (const [oldest, row] of this.#rows) {
        this.#rows.delete(oldest);
        return row;
      }
    }
    const row = this.#rows.size;
    if ((row + 1) * IDS > this.#ids.length) {
      this.#ids = Buffer.concat([this.#ids, Buffer.alloc(this.#ids.length)]);
      const numbers = new Float64Array(2 * this.#numbers.length);
      numbers.set(this.#numbers);
      this.#numbers = numbers;
    }
    return row;
  }
}

/** No name of a cluster has a line break. */
function keyOf(cluster: string, host: string): string {
  return `${cluster}\n${host}`;
}
