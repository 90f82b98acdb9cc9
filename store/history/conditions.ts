import { type Sql, sql } from "../sql-text.ts";
import { isSinglePart, type PartRange } from "./part.ts";

// Pieces of WHERE; each begins with AND, or is nothing.

export const NOTHING = sql``;

/** Values of a list at most: PostgreSQL takes 65,535 parameters, and a list is compared one by one. */
export const MAX_LISTED = 256;

/** `(1, 2, 3)`. */
export function listed(values: readonly (string | number)[]): Sql {
  return sql`(${joined(
    values.map((value) => sql`${value}`),
    sql`, `,
  )})`;
}

export function joined(pieces: readonly Sql[], separator: Sql): Sql {
  const [first = NOTHING, ...rest] = pieces;
  return rest.reduce((all, piece) => sql`${all}${separator}${piece}`, first);
}

/** Of no conditions none can hold. */
export function anyOf(conditions: readonly Sql[]): Sql {
  if (conditions.length === 0) return sql`AND 1 = 0`;
  return sql`AND (${joined(conditions, sql` OR `)})`;
}

/** Rows of parts in one of the ranges. */
export function inRanges(ranges: readonly PartRange[] | undefined): Sql {
  if (ranges === undefined) return NOTHING;
  return anyOf(
    ranges.map((range) =>
      isSinglePart(range) ? sql`part = ${range.from}` : sql`(part >= ${range.from} AND part < ${range.to})`,
    ),
  );
}

/** Blocks that hold parts from `first_part` to `last_part`, in one of the ranges. */
export function overlapping(ranges: readonly PartRange[] | undefined): Sql {
  if (ranges === undefined) return NOTHING;
  return anyOf(ranges.map(({ from, to }) => sql`(last_part >= ${from} AND first_part < ${to})`));
}
