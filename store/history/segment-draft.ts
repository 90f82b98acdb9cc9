import { type PackedBlock, packBlock } from "./block-format.ts";
import { type KindCounts, MINUTE_MS, type RevisionTimes } from "./segment-format.ts";
import type { Entry } from "./stored-changes.ts";

/** A block that is packed but not yet written. */
export interface DraftBlock extends PackedBlock {
  readonly changes: number;
  readonly firstPart: string;
  readonly lastPart: string;
  readonly revisions: Span;
  readonly times: Span;
}

export interface Span {
  readonly min: number;
  readonly max: number;
}

/** A segment while its changes are read in the order (part, at, revision, ordinal). */
export class SegmentDraft {
  readonly blocks: DraftBlock[] = [];
  readonly partCounts = new Map<string, number>();
  readonly minutes = new Map<number, { -readonly [kind in keyof KindCounts]: number }>();
  readonly #blockChanges: number;
  readonly #revisions = new Map<number, RevisionTimes>();
  #entries: Entry[] = [];
  #changes = 0;

  constructor(blockChanges: number) {
    this.#blockChanges = blockChanges;
  }

  /** Whether a block was packed: that takes half a millisecond. */
  add(entry: Entry): boolean {
    this.#entries.push(entry);
    this.#changes++;
    this.partCounts.set(entry.part, (this.partCounts.get(entry.part) ?? 0) + 1);
    const minute = Math.floor(entry.at / MINUTE_MS);
    const counts = this.minutes.get(minute) ?? { add: 0, update: 0, remove: 0 };
    counts[entry.kind]++;
    this.minutes.set(minute, counts);
    this.#revisions.set(entry.revision, entry);
    if (this.#entries.length < this.#blockChanges) return false;
    this.finish();
    return true;
  }

  /** Packs what is left. */
  finish(): void {
    const entries = this.#entries;
    const [first, last] = [entries[0], entries.at(-1)];
    if (first === undefined || last === undefined) return;
    this.blocks.push({
      ...packBlock(entries),
      changes: entries.length,
      firstPart: first.part,
      lastPart: last.part,
      revisions: spanOf(entries.map(({ revision }) => revision)),
      times: spanOf(entries.map(({ at }) => at)),
    });
    this.#entries = [];
  }

  get changes(): number {
    return this.#changes;
  }

  /** Rising. */
  get revisions(): readonly RevisionTimes[] {
    return [...this.#revisions.values()]
      .map(({ revision, at, knownAt }) => ({ revision, at, knownAt }))
      .sort((left, right) => left.revision - right.revision);
  }
}

/** The least and the greatest; of no values at all, both 0. */
export function spanOf(values: readonly number[]): Span {
  let [min = 0, max = 0] = [values[0], values[0]];
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return { min, max };
}
