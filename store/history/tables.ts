import type { SqlColumn, SqlTable, SqlType } from "../sql-database.ts";

/** Tables of a history, see docs/adr/0007. Times are epoch milliseconds; `cluster` comes first in every one. */

/** The tail: changes that are not sealed yet, a row each. `body` is JSON, see stored-changes.ts. */
export const CHANGES: SqlTable = {
  name: "changes",
  columns: [
    ...columns("text", "cluster", "part"),
    ...columns("whole", "revision"),
    ...columns("small", "ordinal"),
    ...columns("whole", "at_ms", "known_at_ms"),
    ...columns("text", "origin", "kind", "element_id"),
    { name: "renamed_from", type: "text", isNullable: true },
    ...columns("text", "body"),
  ],
  lookups: [
    ["cluster", "part", "at_ms"],
    ["cluster", "revision"],
    ["cluster", "at_ms", "revision", "ordinal"],
  ],
};

/**
 * A sealed span of revisions. `revision_data` tells each revision's times, `part_data` how many changes each part has,
 * `minute_data` how many changes of each kind happened in each minute: see segment-format.ts.
 */
export const SEGMENTS: SqlTable = {
  name: "segments",
  columns: [
    ...columns("text", "cluster"),
    ...columns("whole", "first_revision", "last_revision", "min_at_ms", "max_at_ms"),
    ...columns("whole", "min_known_at_ms", "max_known_at_ms", "changes"),
    ...columns("blob", "revision_data", "part_data", "minute_data"),
  ],
  lookups: [["cluster", "last_revision"]],
};

/** Where changes of a segment lie, in the order (part, at, revision, ordinal). `block` numbers all blocks. */
export const BLOCKS: SqlTable = {
  name: "blocks",
  columns: [
    ...columns("whole", "block"),
    ...columns("text", "cluster", "first_part", "last_part"),
    ...columns("whole", "segment", "first_revision", "last_revision", "min_at_ms", "max_at_ms"),
    ...columns("small", "changes"),
  ],
  lookups: [
    ["cluster", "last_part", "last_revision"],
    ["cluster", "max_at_ms"],
    ["cluster", "segment"],
  ],
};

/** The changes themselves, see block-format.ts. */
export const BLOCK_DATA: SqlTable = {
  name: "block_data",
  columns: [...columns("whole", "block"), ...columns("blob", "index_data", "body_data")],
  lookups: [],
  key: ["block"],
};

/**
 * The state of a part as known at `revision` is that of `body`. Nothing in it happened after `max_at_ms` or was learned after
 * `max_known_at_ms`. Of a part that has not changed several rows share a body. Every part that has sealed changes has a row for the
 * revision before the first of them, with `body` 0: it is empty there.
 */
export const KEYFRAMES: SqlTable = {
  name: "keyframes",
  columns: [
    ...columns("text", "cluster", "part"),
    ...columns("whole", "revision", "max_at_ms", "max_known_at_ms"),
    ...columns("small", "elements"),
    ...columns("whole", "body"),
  ],
  lookups: [["cluster", "part", "revision"]],
};

/** Elements of a part, one JSON text a line, packed as in packed.ts. */
export const KEYFRAME_DATA: SqlTable = {
  name: "keyframe_data",
  columns: [...columns("whole", "body"), ...columns("blob", "element_data")],
  lookups: [],
  key: ["body"],
};

/** What each revision did to the counters of places. */
export const COUNT_DELTAS: SqlTable = {
  name: "count_deltas",
  columns: [
    ...columns("text", "cluster"),
    ...columns("whole", "revision", "at_ms", "known_at_ms"),
    ...columns("text", "place", "counter"),
    ...columns("whole", "delta"),
  ],
  lookups: [["cluster", "revision"]],
};

/** A checkpoint: the sum of all deltas of revisions up to `revision`; at least one row, `place` empty, tells it is there. */
export const COUNT_SUMS: SqlTable = {
  name: "count_sums",
  columns: [
    ...columns("text", "cluster"),
    ...columns("whole", "revision", "max_at_ms", "max_known_at_ms"),
    ...columns("text", "place", "counter"),
    ...columns("whole", "total"),
  ],
  lookups: [["cluster", "revision"]],
};

/** The latest `at` each origin has told in sealed changes. `revision` is that of the sealing that wrote the row. */
export const ORIGINS: SqlTable = {
  name: "origins",
  columns: [...columns("text", "cluster", "origin"), ...columns("whole", "at_ms", "revision")],
  lookups: [["cluster"]],
};

/** Identifiers an element lost, with the change that lost them. */
export const PAST_IDENTIFIERS: SqlTable = {
  name: "past_identifiers",
  columns: [
    ...columns("text", "cluster", "token", "element_id", "kind"),
    { name: "name", type: "text", isNullable: true },
    ...columns("whole", "until_ms", "revision"),
  ],
  lookups: [
    ["cluster", "token"],
    ["cluster", "revision"],
  ],
};

/**
 * Where the history of a cluster begins once retention has dropped what was before, or when it was imported: it knows
 * the state at `at_ms` but not how it came to be. `dropped_revision` is the last one dropped, `revision` the last that
 * happened by `at_ms`, `known_at_ms` when the last of them was known. `is_complete` is 0 while an import is under way.
 */
export const HORIZONS: SqlTable = {
  name: "horizons",
  columns: [
    ...columns("text", "cluster"),
    ...columns("whole", "at_ms", "revision", "dropped_revision", "known_at_ms"),
    ...columns("small", "is_complete"),
  ],
  lookups: [["cluster"]],
};

/** The state at a snapshot's moment, written down before its history was dropped: elements of a part, as in a keyframe. */
export const PINS: SqlTable = {
  name: "pins",
  columns: [
    ...columns("text", "cluster"),
    ...columns("whole", "at_ms"),
    ...columns("text", "part"),
    ...columns("small", "elements"),
    ...columns("blob", "element_data"),
  ],
  lookups: [["cluster", "at_ms", "part"]],
};

export const SNAPSHOTS: SqlTable = {
  name: "snapshots",
  columns: [
    ...columns("text", "cluster", "name"),
    ...columns("whole", "at_ms", "revision", "created_at_ms"),
    ...columns("text", "created_by", "note"),
  ],
  lookups: [["cluster", "name"]],
};

export const HISTORY_TABLES: readonly SqlTable[] = [
  CHANGES,
  SEGMENTS,
  BLOCKS,
  BLOCK_DATA,
  KEYFRAMES,
  KEYFRAME_DATA,
  COUNT_DELTAS,
  COUNT_SUMS,
  ORIGINS,
  PAST_IDENTIFIERS,
  HORIZONS,
  PINS,
  SNAPSHOTS,
];

function columns(type: SqlType, ...names: readonly string[]): readonly SqlColumn[] {
  return names.map((name) => ({ name, type }));
}
