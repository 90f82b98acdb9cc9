import type { SqlReader, SqlRow } from "../sql-database.ts";
import { sql } from "../sql-text.ts";
import { numberCell, textCell } from "./cells.ts";
import type { ChangeFilter } from "./change-filter.ts";
import { KEYFRAME_COLUMNS, type Keyframe, type KnowledgeBounds, keyframeOf } from "./keyframes.ts";
import { isInRanges, isSinglePart, type PartRange } from "./part.ts";

/** What is said of a block without reading it. */
export interface BlockPlace {
  readonly block: number;
  readonly firstPart: string;
  readonly lastPart: string;
  /** The last revision of its segment. */
  readonly segment: number;
  readonly firstRevision: number;
  readonly lastRevision: number;
  readonly minAt: number;
  readonly maxAt: number;
}

/**
 * Where the sealed history of a cluster lies: every block and keyframe, about 150 bytes each and one for some 200 changes, so
 * that no question has to look through their tables. It only grows; who reads it does so through a view, which has what was
 * committed when it was taken. Of no more use once something was dropped from the tables: then it is let go.
 */
export class Directory {
  readonly #segments: SegmentPlaces[] = [];
  /** Of each part in the order they were written. */
  readonly #keyframes = new Map<string, { readonly number: number; readonly keyframe: Keyframe }[]>();
  #blockCount = 0;
  #keyframeCount = 0;
  #isLetGo = false;

  /** What is committed now. To be asked before the transaction begins that reads what it leads to. */
  view(): DirectoryView {
    const [segments, keyframes] = [this.#segments.length, this.#keyframeCount];
    return {
      isCurrent: () => !this.#isLetGo,
      newestKeyframes: (bounds, ranges) => this.#newestKeyframes(keyframes, bounds, ranges),
      blocks: (filter) => this.#segments.slice(0, segments).flatMap((segment) => placesIn(segment, filter)),
    };
  }

  get size(): number {
    return this.#blockCount + this.#keyframeCount;
  }

  /** All blocks of one segment, in their order. */
  addSegment(blocks: readonly BlockPlace[]): void {
    const [first] = blocks;
    if (first === undefined) return;
    this.#blockCount += blocks.length;
    const { firstRevision, lastRevision, minAt, maxAt } = first;
    const places = { segment: first.segment, blocks, firstRevision, lastRevision, minAt, maxAt };
    for (const block of blocks) {
      places.firstRevision = Math.min(places.firstRevision, block.firstRevision);
      places.lastRevision = Math.max(places.lastRevision, block.lastRevision);
      places.minAt = Math.min(places.minAt, block.minAt);
      places.maxAt = Math.max(places.maxAt, block.maxAt);
    }
    this.#segments.push(places);
  }

  addKeyframes(keyframes: readonly Keyframe[]): void {
    for (const keyframe of keyframes) {
      const known = this.#keyframes.get(keyframe.part);
      const numbered = { number: this.#keyframeCount++, keyframe };
      if (known === undefined) this.#keyframes.set(keyframe.part, [numbered]);
      else known.push(numbered);
    }
  }

  letGo(): void {
    this.#isLetGo = true;
  }

  #newestKeyframes(
    count: number,
    { upToRevision, upTo = Number.POSITIVE_INFINITY, knownBy = Number.POSITIVE_INFINITY }: KnowledgeBounds,
    ranges: readonly PartRange[] | undefined,
  ): ReadonlyMap<string, Keyframe> {
    const found = new Map<string, Keyframe>();
    for (const part of this.#partsIn(ranges)) {
      let newest: Keyframe | undefined;
      for (const { number, keyframe } of this.#keyframes.get(part) ?? []) {
        const { revision, maxAt, maxKnownAt } = keyframe;
        if (number >= count || revision > upToRevision || maxAt > upTo || maxKnownAt > knownBy) continue;
        if (newest === undefined || revision > newest.revision) newest = keyframe;
      }
      if (newest !== undefined) found.set(part, newest);
    }
    return found;
  }

  *#partsIn(ranges: readonly PartRange[] | undefined): Iterable<string> {
    if (ranges?.every(isSinglePart) === true) yield* ranges.map(({ from }) => from);
    else for (const part of this.#keyframes.keys()) if (ranges === undefined || isInRanges(part, ranges)) yield part;
  }
}

/** What a directory had when it was asked. */
export interface DirectoryView {
  /**
   * Whether what it leads to is still there for a transaction that has read something already: what is dropped is
   * let go of before.
   */
  isCurrent(): boolean;
  /** As `newestKeyframes`. */
  newestKeyframes(bounds: KnowledgeBounds, ranges: readonly PartRange[] | undefined): ReadonlyMap<string, Keyframe>;
  /** Blocks that may hold changes asked for, rising. */
  blocks(filter: ChangeFilter): readonly BlockPlace[];
}

/**
 * The directory, where it may be used: together with the tail that was taken with it, since what is sealed after both were taken
 * is found in the one and not in the other.
 */
export function usableDirectory({
  tail,
  directory,
}: Pick<ChangeFilter, "tail" | "directory">): DirectoryView | undefined {
  return tail !== undefined && directory?.isCurrent() === true ? directory : undefined;
}

/** The blocks of a segment, in the order of their parts, with what bounds them all. */
interface SegmentPlaces {
  readonly segment: number;
  readonly blocks: readonly BlockPlace[];
  readonly firstRevision: number;
  readonly lastRevision: number;
  readonly minAt: number;
  readonly maxAt: number;
}

/** The blocks that fit, as `blockCondition` says it of rows. */
function placesIn(segment: SegmentPlaces, filter: ChangeFilter): readonly BlockPlace[] {
  const { ranges, segments } = filter;
  if (segments?.includes(segment.segment) === false) return NO_PLACES;
  const fits = condition(filter);
  if (!fits(segment)) return NO_PLACES;
  const [range, second] = ranges ?? [];
  if (range === undefined || second !== undefined) {
    return segment.blocks.filter((block) => fits(block) && overlaps(block, ranges));
  }
  const places: BlockPlace[] = [];
  for (let at = firstReaching(segment.blocks, range.from); at < segment.blocks.length; at++) {
    const block = segment.blocks[at];
    if (block === undefined || block.firstPart >= range.to) break;
    if (fits(block)) places.push(block);
  }
  return places;
}

const NO_PLACES: readonly BlockPlace[] = [];

/** Where the first block is that ends with this part or a later one. */
function firstReaching(blocks: readonly BlockPlace[], part: string): number {
  let [low, high] = [0, blocks.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((blocks[middle]?.lastPart ?? "") < part) low = middle + 1;
    else high = middle;
  }
  return low;
}

function overlaps({ firstPart, lastPart }: BlockPlace, ranges: readonly PartRange[] | undefined): boolean {
  return ranges === undefined || ranges.some(({ from, to }) => lastPart >= from && firstPart < to);
}

/** Of a block, and of a segment that has such a block. */
function condition(filter: ChangeFilter): (place: Omit<SegmentPlaces, "segment" | "blocks">) => boolean {
  const { tail } = filter;
  const { after = Number.NEGATIVE_INFINITY, upTo = Number.POSITIVE_INFINITY } = filter;
  const { afterRevision = Number.NEGATIVE_INFINITY, upToRevision = Number.POSITIVE_INFINITY } = filter;
  const sealed = tail?.sealedRevision ?? Number.POSITIVE_INFINITY;
  return ({ firstRevision, lastRevision, minAt, maxAt }) =>
    maxAt > after &&
    minAt <= upTo &&
    lastRevision > afterRevision &&
    firstRevision <= upToRevision &&
    lastRevision <= sealed;
}

/** All that the tables say, as of the reader's commit. */
export async function readDirectory(reader: SqlReader, cluster: string): Promise<Directory> {
  const directory = new Directory();
  const names = new Map<string, string>();
  const shared = (name: string): string => {
    const known = names.get(name);
    if (known === undefined) names.set(name, name);
    return known ?? name;
  };
  const blocks = sql`SELECT ${PLACE_COLUMNS} FROM blocks WHERE cluster = ${cluster} ORDER BY block`;
  let segment: BlockPlace[] = [];
  for await (const rows of reader.stream(blocks)) {
    for (const place of rows.map(placeOf)) {
      if (segment[0] !== undefined && segment[0].segment !== place.segment) {
        directory.addSegment(segment);
        segment = [];
      }
      segment.push({ ...place, firstPart: shared(place.firstPart), lastPart: shared(place.lastPart) });
    }
  }
  directory.addSegment(segment);
  const keyframes = sql`SELECT ${KEYFRAME_COLUMNS} FROM keyframes WHERE cluster = ${cluster}`;
  for await (const rows of reader.stream(keyframes)) {
    directory.addKeyframes(rows.map(keyframeOf).map((keyframe) => ({ ...keyframe, part: shared(keyframe.part) })));
  }
  return directory;
}

/** The columns `placeOf` reads. */
export const PLACE_COLUMNS = sql`block, first_part, last_part, segment, first_revision, last_revision, min_at_ms, max_at_ms`;

export function placeOf(row: SqlRow): BlockPlace {
  const [block, firstPart, lastPart, segment, firstRevision, lastRevision, minAt, maxAt] = row;
  return {
    block: numberCell(block),
    firstPart: textCell(firstPart),
    lastPart: textCell(lastPart),
    segment: numberCell(segment),
    firstRevision: numberCell(firstRevision),
    lastRevision: numberCell(lastRevision),
    minAt: numberCell(minAt),
    maxAt: numberCell(maxAt),
  };
}
