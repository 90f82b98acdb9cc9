import type { EpochMs } from "../../core/clock.ts";
import type { OperatorError } from "../../core/errors.ts";
import type { Finding, FindingEvent } from "./finding.ts";
import type { FindingMemory, FindingWrite } from "./finding-memory.ts";

/** Findings that stood and are over, kept for looking back; the oldest go first. */
export const MAX_KEPT_OVER = 10_000;

/** At most this many are written in one commit. */
const MAX_WRITES = 1_000;

/**
 * Findings that are over, and what of all findings is still to be written down. Those that ended while settling are
 * forgotten at once.
 */
export class FindingHistory {
  readonly #cluster: string;
  readonly #memory: FindingMemory | undefined;
  /** By key, oldest first. */
  readonly #over = new Map<string, Finding>();
  readonly #dirty = new Map<string, Finding | undefined>();
  #forgottenUntil: EpochMs | undefined;
  #failing: OperatorError | undefined;

  constructor(cluster: string, memory: FindingMemory | undefined) {
    this.#cluster = cluster;
    this.#memory = memory;
  }

  /** The open ones of the last run. */
  load(): readonly Finding[] {
    const kept = this.#memory?.load(this.#cluster) ?? [];
    const over = kept.filter(({ endedAt }) => endedAt !== undefined);
    for (const finding of over.toSorted((a, b) => (a.endedAt ?? 0) - (b.endedAt ?? 0))) this.#keep(finding);
    this.#dirty.clear();
    return kept.filter(({ endedAt }) => endedAt === undefined);
  }

  note({ kind, finding }: FindingEvent): void {
    if (kind !== "ended") {
      this.#dirty.set(finding.id, finding);
      return;
    }
    this.#dirty.set(finding.id, undefined);
    if (finding.standingAt !== undefined) this.#dirty.set(this.#keep(finding), finding);
  }

  /** Those that had stood at a moment and were not over; what is open now is the caller's to add. */
  standingAt(at: EpochMs): readonly Finding[] {
    return [...this.#over.values()].filter((it) => (it.standingAt ?? it.since.at) <= at && (it.endedAt ?? 0) > at);
  }

  /** What ended before this is not known any more; undefined while nothing was forgotten. */
  forgottenUntil(): EpochMs | undefined {
    return this.#forgottenUntil;
  }

  get hasUnwritten(): boolean {
    return this.#memory !== undefined && this.#dirty.size > 0;
  }

  /** Why the last write failed; what it should have written is kept and written with the next. */
  failing(): OperatorError | undefined {
    return this.#failing;
  }

  noteFailure(error: OperatorError): void {
    this.#failing = error;
  }

  /** Writes some of what is due. Errors: those of `FindingMemory.save`; nothing is lost then. */
  write(): void {
    const writes: FindingWrite[] = [];
    for (const [key, finding] of this.#dirty) {
      if (writes.length >= MAX_WRITES) break;
      writes.push({ key, finding });
    }
    this.#memory?.save(this.#cluster, writes);
    for (const { key } of writes) this.#dirty.delete(key);
    this.#failing = undefined;
  }

  #keep(finding: Finding): string {
    const key = `over/${finding.endedAt ?? 0}/${finding.id}`;
    this.#over.set(key, finding);
    const [oldest] = this.#over;
    if (this.#over.size > MAX_KEPT_OVER && oldest !== undefined) {
      this.#over.delete(oldest[0]);
      this.#dirty.set(oldest[0], undefined);
      this.#forgottenUntil = oldest[1].endedAt;
    }
    return key;
  }
}
