import type { ElementId } from "../../core/element-id.ts";
import { type Sql, sql } from "../sql-text.ts";
import type { BlockIndex } from "./block-format.ts";
import { inRanges, NOTHING, overlapping } from "./conditions.ts";
import { isInRanges, type PartRange, partOf } from "./part.ts";

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
  readonly ranges?: readonly PartRange[] | undefined;
  readonly includes?: ((id: ElementId) => boolean) | undefined;
  /** The same as `includes` in SQL. */
  readonly elements?: Sql | undefined;
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
  const { cluster, after, upTo, afterRevision, upToRevision } = filter;
  return sql`cluster = ${cluster}
    ${after === undefined ? NOTHING : sql`AND max_at_ms > ${after}`}
    ${upTo === undefined ? NOTHING : sql`AND min_at_ms <= ${upTo}`}
    ${afterRevision === undefined ? NOTHING : sql`AND last_revision > ${afterRevision}`}
    ${upToRevision === undefined ? NOTHING : sql`AND first_revision <= ${upToRevision}`}
    ${overlapping(filter.ranges)}`;
}

/** Positions in a block of the changes asked for. */
export function positionsOf(index: BlockIndex, filter: ChangeFilter): readonly number[] {
  const after = filter.after ?? Number.NEGATIVE_INFINITY;
  const upTo = filter.upTo ?? Number.POSITIVE_INFINITY;
  const afterRevision = filter.afterRevision ?? -1;
  const upToRevision = filter.upToRevision ?? Number.POSITIVE_INFINITY;
  const knownBy = filter.knownBy ?? Number.POSITIVE_INFINITY;
  const positions: number[] = [];
  for (const [position, id] of index.ids.entries()) {
    const [at, revision] = [index.ats[position] ?? 0, index.revisions[position] ?? 0];
    if (at <= after || at > upTo || revision <= afterRevision || revision > upToRevision) continue;
    if ((index.knownAts[position] ?? 0) > knownBy || !isPicked(id, filter)) continue;
    positions.push(position);
  }
  return positions;
}

function isPicked(id: ElementId, { ranges, includes }: ChangeFilter): boolean {
  if (includes !== undefined && !includes(id)) return false;
  return ranges === undefined || isInRanges(partOf(id), ranges);
}
