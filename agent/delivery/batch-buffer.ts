/** Lines that are sent in one request, compressed. */
export interface Batch {
  /** Rises by one; the collector drops what it has seen. */
  readonly sequence: number;
  readonly lines: number;
  readonly body: Uint8Array;
}

/**
 * Batches that wait to be sent, bounded in bytes. At the bound the oldest goes first: what is now matters more to
 * whoever repairs the outage than how it began.
 */
export class BatchBuffer {
  readonly #waiting: Batch[] = [];
  readonly #maxBytes: number;
  #bytes = 0;
  #droppedLines = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Since the start. */
  get droppedLines(): number {
    return this.#droppedLines;
  }

  /** Gives how many lines were dropped to make room. */
  push(batch: Batch): number {
    this.#waiting.push(batch);
    this.#bytes += batch.body.length;
    const before = this.#droppedLines;
    while (this.#bytes > this.#maxBytes) this.#droppedLines += this.take()?.lines ?? 0;
    return this.#droppedLines - before;
  }

  /** Removes and gives the oldest. Whoever took it holds it until it is sent; it is not dropped any more. */
  take(): Batch | undefined {
    const oldest = this.#waiting.shift();
    this.#bytes -= oldest?.body.length ?? 0;
    return oldest;
  }
}
