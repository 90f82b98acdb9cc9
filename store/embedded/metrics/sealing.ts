import type { Clock } from "../../../core/clock.ts";
import { OperatorError } from "../../../core/errors.ts";
import type { Log } from "../../../core/log.ts";
import type { Part } from "./parts.ts";
import { HOUR_MS } from "./row-buffer.ts";
import { type SealerParts, sealHour } from "./sealer.ts";

/** How long an hour stays open after its end: agents that were cut off send what they kept. */
export const SEAL_AFTER_MS = 600_000;
/** After a failure, and between two looks for what is due. */
const LOOK_EVERY_MS = 60_000;

export interface SealingStats {
  readonly hours: number;
  readonly bytes: number;
  /** Why the last try failed; undefined when it did not. */
  readonly failure: { readonly reason: string; readonly hint: string } | undefined;
}

/** Seals hours when they are over, one table after the other, in the background. */
export class Sealing {
  readonly #parts: SealerParts;
  readonly #clock: Clock;
  readonly #log: Log;
  #running: Promise<void> | undefined;
  #nextLookMs: number;
  #failure: SealingStats["failure"];
  #present: { readonly table: string; readonly hour: number } | undefined;

  constructor(parts: SealerParts, { clock, log }: { readonly clock: Clock; readonly log: Log }) {
    this.#parts = parts;
    this.#clock = clock;
    this.#log = log;
    this.#nextLookMs = clock.monotonicMs() + LOOK_EVERY_MS;
  }

  /** To be called now and then: looks, once a minute, whether hours are due, and seals them meanwhile. */
  look(): void {
    const nowMs = this.#clock.monotonicMs();
    if (this.#running !== undefined || nowMs < this.#nextLookMs) return;
    this.#nextLookMs = nowMs + LOOK_EVERY_MS;
    void this.sealDue().catch((error: unknown) => {
      if (!(error instanceof OperatorError)) throw error;
      this.#failure = { reason: error.message, hint: error.hint };
      this.#log.warn({ reason: error.message, hint: error.hint }, "an hour could not be sealed, trying again");
    });
  }

  /** Seals what is due, the oldest first. Errors: those of the database. */
  async sealDue(): Promise<void> {
    while (this.#running !== undefined) await this.#running.catch(() => undefined);
    this.#running = this.#sealAll().finally(() => {
      this.#running = undefined;
    });
    await this.#running;
  }

  isSealing({ table, hour }: Part): boolean {
    return this.#present?.table === table && this.#present.hour === hour;
  }

  stats(): SealingStats {
    const files = this.#parts.parts.all().filter((part) => part.kind === "file");
    const hours = new Set(files.map(({ hour }) => hour)).size;
    return { hours, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0), failure: this.#failure };
  }

  /** Waits for the present slice. */
  async stop(): Promise<void> {
    await this.#running?.catch(() => undefined);
  }

  async #sealAll(): Promise<void> {
    for (const { table, hour } of this.#due()) {
      if (this.#parts.signal.aborted) return;
      const started = this.#clock.monotonicMs();
      this.#present = { table, hour };
      try {
        const sealed = await sealHour(this.#parts, table, hour);
        const tookMs = Math.round(this.#clock.monotonicMs() - started);
        if (sealed !== undefined) this.#log.info({ table, hour, ...sealed, took_ms: tookMs }, "hour sealed");
      } catch (error) {
        if (!this.#parts.signal.aborted) throw error;
      } finally {
        this.#present = undefined;
      }
    }
    this.#failure = undefined;
  }

  #due(): readonly { readonly table: string; readonly hour: number }[] {
    const over = this.#clock.now() - SEAL_AFTER_MS;
    const due = new Map<string, { table: string; hour: number }>();
    for (const { kind, table, hour } of this.#parts.parts.all()) {
      if (kind === "rows" && (hour + 1) * HOUR_MS <= over) due.set(`${table} ${hour}`, { table, hour });
    }
    return [...due.values()].sort((left, right) => left.hour - right.hour);
  }
}
