import type { ElementId } from "../../core/element-id.ts";
import { type Sql, sql } from "../sql-text.ts";
import type { BlockIndex } from "./block-format.ts";
import { inRanges, listed, NOTHING, overlapping } from "./conditions.ts";
import type { DirectoryView } from "./directory.ts";
import { isInRanges, isSinglePart, type PartRange } from "./part.ts";
import type { Entry } from "./stored-changes.ts";
import type { Tail } from "./tails.ts";

/** Which changes are asked for; what is left out does not bound. */
export interface ChangeFilter {
  readonly cluster: string;
  /** `after < at`. */
  readonly after?: number | undefined;
  /** `at <= upTo`. */
  readonly upTo?: number | undefined;
  readonly afterRevision?: number | undefined;
  readonly upToRevision?: number | undefined;
  /** `knownAt <= knownBy`. */
  readonly knownBy?: number | undefined;
  /** Only what was sealed with these, by their last revisions. */
  readonly segments?: readonly number[] | undefined;
  readonly ranges?: readonly PartRange[] | undefined;
  readonly includes?: ((id: ElementId) => boolean) | undefined;
  /** The same as `includes` in SQL. */
  readonly elements?: Sql | undefined;
  /** The unsealed changes, when they are in memory; `upToRevision` bounds them to what was acknowledged with them. */
  readonly tail?: Tail | undefined;
  /** Where blocks lie, when that is in memory: taken together with `tail`, and of no use without. */
  readonly directory?: DirectoryView | undefined;
}

/** Of rows of the tail. */
export function tailCondition(filter: ChangeFilter): Sql {
  const { cluster, after, upTo, afterRevision, upToRevision, knownBy } = filter;
  return sql`cluster = ${cluster}
    ${after === undefined ? NOTHING : sql`AND at_ms > ${after}`}
    ${upTo === undefined ? NOTHING : sql`AND at_ms <= ${upTo}`}
    ${afterRevision === undefined ? NOTHING : sql`AND revision > ${afterRevision}`}
    ${upToRevision === undefined ? NOTHING : sql`AND revision <= ${upToRevision}`}
    ${knownBy === undefined ? NOTHING : sql`AND known_at_ms <= ${knownBy}`}
    ${inRanges(filter.ranges)} ${filter.elements ?? NOTHING}`;
}

/** Of blocks that may hold such changes. */
export function blockCondition(filter: ChangeFilter): Sql {
  const { cluster, after, upTo, afterRevision, upToRevision, tail, segments } = filter;
  return sql`cluster = ${cluster}
    ${after === undefined ? NOTHING : sql`AND max_at_ms > ${after}`}
    ${upTo === undefined ? NOTHING : sql`AND min_at_ms <= ${upTo}`}
    ${afterRevision === undefined ? NOTHING : sql`AND last_revision > ${afterRevision}`}
    ${upToRevision === undefined ? NOTHING : sql`AND first_revision <= ${upToRevision}`}
    ${tail === undefined ? NOTHING : sql`AND last_revision <= ${tail.sealedRevision}`}
    ${segments === undefined ? NOTHING : sql`AND segment IN ${listed(segments)}`}
    ${overlapping(filter.ranges)}`;
}

/** The changes asked for of a tail in memory, part by part. */
export function* heldEntries(tail: Tail, filter: ChangeFilter): Iterable<readonly Entry[]> {
  const fits = condition(filter);
  for (const entries of heldParts(tail, filter.ranges)) {
    const some = entries.filter(
      (entry) => fits(entry.at, entry.revision, entry.knownAt) && isIncluded(entry.id, filter),
    );
    if (some.length > 0) yield some;
  }
}

function* heldParts({ parts }: Tail, ranges: readonly PartRange[] | undefined): Iterable<readonly Entry[]> {
  if (ranges?.every(isSinglePart) === true) {
    for (const { from } of ranges) yield parts.get(from) ?? [];
    return;
  }
  for (const [part, entries] of parts) if (ranges === undefined || isInRanges(part, ranges)) yield entries;
}

/** A change of a block: its part, and its position. */
export interface BlockPosition {
  readonly part: string;
  readonly position: number;
}

/** Where in a block the changes asked for lie. */
export function positionsOf(index: BlockIndex, filter: ChangeFilter): readonly BlockPosition[] {
  const fits = condition(filter);
  const { ranges } = filter;
  const { ats, revisions, knownAts } = index;
  const positions: BlockPosition[] = [];
  for (const { part, from, to } of index.runs) {
    if (ranges !== undefined && !isInRanges(part, ranges)) continue;
    for (let position = from; position < to; position++) {
      if (!fits(ats[position] ?? 0, revisions[position] ?? 0, knownAts[position] ?? 0)) continue;
      if (filter.includes === undefined || filter.includes(index.idAt(position))) positions.push({ part, position });
    }
  }
  return positions;
}

function condition(filter: ChangeFilter): (at: number, revision: number, knownAt: number) => boolean {
  const after = filter.after ?? Number.NEGATIVE_INFINITY;
  const upTo = filter.upTo ?? Number.POSITIVE_INFINITY;
  const afterRevision = filter.afterRevision ?? -1;
  const upToRevision = filter.upToRevision ?? Number.POSITIVE_INFINITY;
  const knownBy = filter.knownBy ?? Number.POSITIVE_INFINITY;
  return (at, revision, knownAt) =>
    at > after && at <= upTo && revision > afterRevision && revision <= upToRevision && knownAt <= knownBy;
}

function isIncluded(id: ElementId, { includes }: ChangeFilter): boolean {
  return includes === undefined || includes(id);
}
