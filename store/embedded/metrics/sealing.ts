import type { Clock } from "../../../core/clock.ts";
import { OperatorError } from "../../../core/errors.ts";
import type { Log } from "../../../core/log.ts";
import { daysToMerge, mergeDay } from "./day-merge.ts";
import { partsToClose, partsToSeal } from "./memory-bound.ts";
import { isUnfinished, type Part, type RowPart } from "./parts.ts";
import { endOf } from "./rollups.ts";
import { HOUR_MS } from "./row-buffer.ts";
import { type SealerParts, sealHour } from "./sealer.ts";
import { HOURS_OF_DAY, type Tier, tierOf } from "./tiers.ts";

/** How long an hour stays open after its end: agents that were cut off send what they kept. */
export const SEAL_AFTER_MS = 600_000;
/** Rows of the present hour that are not in memory are put in order so often: a question about one host reads everybody's that are not. */
const SEAL_EVERY_MS = 600_000;
/** What comes for a sealed hour is gathered so long, since all of the hour is sealed anew with it. */
const LATE_AFTER_MS = 3_600_000;
/** After a failure, and between two looks for what is due. */
const LOOK_EVERY_MS = 60_000;
const LEAST_ROWS = 200_000;

export interface TierStats {
  readonly files: number;
  readonly bytes: number;
}

export interface SealingStats {
  readonly hours: number;
  readonly bytes: number;
  readonly tiers: { readonly [tier in Tier]: TierStats };
  /** Until when there are rollups; minus infinity when there are none. */
  readonly rollupsEndMs: number;
  /** Why the last try failed; undefined when it did not. */
  readonly failure: { readonly reason: string; readonly hint: string } | undefined;
}

/** Seals hours when they are over, one table after the other, in the background, and puts the rollups of a day together after it. */
export class Sealing {
  readonly #parts: SealerParts;
  readonly #clock: Clock;
  readonly #log: Log;
  #running: Promise<void> | undefined;
  #nextLookMs: number;
  #failure: SealingStats["failure"];
  readonly #seen = new WeakMap<RowPart, number>();
  #present: { readonly table: string; readonly hour: number; readonly hours: number } | undefined;
  /** Once a day: what came late would have a day rewritten again and again. */
  #mergedUpTo = Number.NEGATIVE_INFINITY;

  constructor({ log, ...parts }: SealerParts & { readonly log: Log }) {
    this.#parts = parts;
    this.#clock = parts.clock;
    this.#log = log;
    this.#nextLookMs = parts.clock.monotonicMs() + LOOK_EVERY_MS;
  }

  /** To be called now and then: looks, once a minute, whether hours are due, and seals them meanwhile. */
  look(): void {
    const nowMs = this.#clock.monotonicMs();
    if (this.#running !== undefined || nowMs < this.#nextLookMs) return;
    this.#nextLookMs = nowMs + LOOK_EVERY_MS;
    void this.#run(() => this.#lookAround(nowMs)).catch((error: unknown) => {
      if (!(error instanceof OperatorError)) throw error;
      this.#failure = { reason: error.message, hint: error.hint };
      this.#log.warn({ reason: error.message, hint: error.hint }, "an hour could not be sealed, trying again");
    });
  }

  /** Seals the hours that are over, the oldest first, with all that came for them. Errors: those of the database. */
  async sealDue(): Promise<void> {
    while (this.#running !== undefined) await this.#running.catch(() => undefined);
    await this.#seal(this.#unfinishedHours().filter(({ isOver }) => isOver));
  }

  /** Seals as much of the present hour as there is, however little. */
  async sealPresent(): Promise<void> {
    while (this.#running !== undefined) await this.#running.catch(() => undefined);
    await this.#seal(
      this.#unfinishedHours()
        .filter(({ isOver }) => !isOver)
        .map((one) => ({ ...one, leastRows: 0 })),
    );
  }

  /** Whether a part is being made something else of. */
  isSealing({ table, hour }: Part): boolean {
    const present = this.#present;
    return present?.table === table && hour >= present.hour && hour < present.hour + present.hours;
  }

  stats(): SealingStats {
    const files = this.#parts.parts.all().filter((part) => part.kind === "file");
    const hours = new Set(files.map(({ hour }) => hour)).size;
    const tiers = { raw: { files: 0, bytes: 0 }, "1m": { files: 0, bytes: 0 }, "1h": { files: 0, bytes: 0 } };
    const rollups = this.#parts.rollups.all();
    const end = rollups.reduce((latest, file) => Math.max(latest, endOf(file)), Number.NEGATIVE_INFINITY);
    for (const { layer, bytes } of [...files, ...rollups]) {
      const tier = tiers[tierOf(layer)];
      tier.files++;
      tier.bytes += bytes;
    }
    return { hours, bytes: tiers.raw.bytes, tiers, rollupsEndMs: end * HOUR_MS, failure: this.#failure };
  }

  /** Waits for the present slice. */
  async stop(): Promise<void> {
    await this.#running?.catch(() => undefined);
  }

  #seal(due: readonly DueHour[]): Promise<void> {
    return this.#run(() => this.#sealAll(due));
  }

  #run(work: () => Promise<void>): Promise<void> {
    this.#running = work().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #lookAround(nowMs: number): Promise<void> {
    const { parts, recent, betweenWrites } = this.#parts;
    const large = partsToClose(this.#presentRows(), parts, recent);
    if (large.length > 0) {
      await betweenWrites(async () => {
        for (const part of large) parts.close(part);
      });
      for (const part of large) await recent.finish(part);
    }
    await this.#sealAll(this.#dueByAge(nowMs));
    // After it: some of what would have to leave the memory may have left it.
    await this.#sealAll(this.#dueForRoom());
  }

  #presentRows(): readonly RowPart[] {
    return this.#unfinishedHours().flatMap(({ isOver, rows }) => (isOver ? [] : rows));
  }

  /** What has to leave the memory. */
  #dueForRoom(): readonly DueHour[] {
    const { parts, recent } = this.#parts;
    return partsToSeal(this.#presentRows(), parts, recent).map((part) => {
      return { ...part, isOver: false, isSealed: false, rows: [part], only: [part], leastRows: 0 };
    });
  }

  async #sealAll(due: readonly DueHour[]): Promise<void> {
    for (const one of due) {
      if (this.#parts.signal.aborted) return;
      const { table, hour, isOver, leastRows, only } = one;
      const seal = { table, hour, isWhole: isOver, leastRows, only };
      const done = await this.#at({ table, hour, hours: 1 }, () => sealHour(this.#parts, seal));
      if (done?.result === undefined) continue;
      const { rows, bytes, slowestSliceMs } = done.result;
      const took = { took_ms: done.tookMs, slowest_slice_ms: slowestSliceMs };
      this.#log.info({ table, hour, rows, bytes, ...took }, "hour sealed");
    }
    await this.#mergeDays();
    this.#failure = undefined;
  }

  async #mergeDays(): Promise<void> {
    const over = Math.floor((this.#clock.now() - SEAL_AFTER_MS) / HOUR_MS);
    const upTo = Math.floor(over / HOURS_OF_DAY);
    if (this.#parts.dayLayers.length === 0 || upTo <= this.#mergedUpTo) return;
    for (const { table, day } of daysToMerge(this.#parts, over)) {
      if (this.#parts.signal.aborted) return;
      const layers = this.#parts.dayLayers;
      const done = await this.#at({ table, hour: day, hours: HOURS_OF_DAY }, () =>
        mergeDay(this.#parts, { table, day, layers, presentHour: over }),
      );
      if (done !== undefined) this.#log.info({ table, day: day / HOURS_OF_DAY, took_ms: done.tookMs }, "day rolled up");
    }
    this.#mergedUpTo = upTo;
  }

  /** Undefined when it was given up for the end of the process. */
  async #at<T>(
    present: { readonly table: string; readonly hour: number; readonly hours: number },
    work: () => Promise<T>,
  ): Promise<{ readonly result: T; readonly tookMs: number } | undefined> {
    const started = this.#clock.monotonicMs();
    this.#present = present;
    try {
      const result = await work();
      return { result, tookMs: Math.round(this.#clock.monotonicMs() - started) };
    } catch (error) {
      if (!this.#parts.signal.aborted) throw error;
      return undefined;
    } finally {
      this.#present = undefined;
    }
  }

  /** What has waited long enough, the oldest first. */
  #dueByAge(nowMs: number): readonly DueHour[] {
    const { recent } = this.#parts;
    return this.#unfinishedHours().filter(({ rows, isOver, isSealed }) => {
      const sinceMs = Math.min(...rows.map((part) => this.#firstSeen(part, nowMs)));
      if (isOver && !isSealed) return true;
      if (!isOver && rows.some((part) => recent.lacks(part))) return true;
      if (!isOver && rows.every((part) => recent.has(part))) return false;
      return nowMs - sinceMs >= (isOver ? LATE_AFTER_MS : SEAL_EVERY_MS);
    });
  }

  #firstSeen(part: RowPart, nowMs: number): number {
    const seenMs = this.#seen.get(part) ?? nowMs;
    this.#seen.set(part, seenMs);
    return seenMs;
  }

  #unfinishedHours(): readonly DueHour[] {
    const over = this.#clock.now() - SEAL_AFTER_MS;
    const hours = new Map<string, DueHour & { rows: RowPart[] }>();
    for (const part of this.#parts.parts.all()) {
      const { table, hour } = part;
      const isOver = (hour + 1) * HOUR_MS <= over;
      // Files of an hour while it went on are put together when it is over, even when no row came after them.
      if (!isUnfinished(part) || (part.kind === "file" && !isOver)) continue;
      const key = `${table} ${hour}`;
      const rows = part.kind === "rows" ? [part] : [];
      const known = hours.get(key);
      if (known !== undefined) known.rows.push(...rows);
      else {
        const isSealed = this.#parts.parts.of(table, hour).some((other) => other.kind === "file" && other.isWhole);
        hours.set(key, { table, hour, isOver, isSealed, rows, leastRows: isOver ? 0 : LEAST_ROWS });
      }
    }
    return [...hours.values()].sort((left, right) => left.hour - right.hour);
  }
}

/** An hour of a table that has rows not sealed yet, or files made of some of them. */
interface DueHour {
  readonly table: string;
  readonly hour: number;
  readonly isOver: boolean;
  /** Whether it was sealed as a whole before. */
  readonly isSealed: boolean;
  readonly rows: readonly RowPart[];
  /** With fewer it is not worth a file. */
  readonly leastRows: number;
  readonly only?: readonly RowPart[];
}
