import { setImmediate } from "node:timers/promises";
import type { Element } from "../../core/element.ts";
import type { SqlCell, SqlReader, SqlRow } from "../sql-database.ts";
import { sql } from "../sql-text.ts";
import { blobCell, damaged, numberCell, textCell } from "./cells.ts";
import { inRanges, listed, MAX_LISTED, NOTHING } from "./conditions.ts";
import { type DirectoryView, usableDirectory } from "./directory.ts";
import { packed, unpacked } from "./packed.ts";
import type { PartRange } from "./part.ts";
import type { Tail } from "./tails.ts";

/** The state of a part as known at a revision; the elements lie in `body`. */
export interface Keyframe {
  readonly part: string;
  readonly revision: number;
  readonly maxAt: number;
  readonly maxKnownAt: number;
  readonly elements: number;
  readonly body: number;
}

/** What a state may know of. */
export interface KnowledgeBounds {
  readonly cluster: string;
  readonly upToRevision: number;
  readonly upTo?: number | undefined;
  readonly knownBy?: number | undefined;
  /** As in `ChangeFilter`. */
  readonly tail?: Tail | undefined;
  readonly directory?: DirectoryView | undefined;
}

/** The newest keyframe of each part that knows of nothing beyond the bounds. */
export async function newestKeyframes(
  reader: SqlReader,
  bounds: KnowledgeBounds,
  ranges?: readonly PartRange[],
): Promise<ReadonlyMap<string, Keyframe>> {
  const { cluster, upToRevision, upTo, knownBy } = bounds;
  const directory = usableDirectory(bounds);
  if (directory !== undefined) return directory.newestKeyframes(bounds, ranges);
  const found = new Map<string, Keyframe>();
  // A part has few of them: to pick here is cheaper than to have the database group and join.
  const query = sql`SELECT ${KEYFRAME_COLUMNS} FROM keyframes WHERE cluster = ${cluster} AND revision <= ${upToRevision}
    ${upTo === undefined ? NOTHING : sql`AND max_at_ms <= ${upTo}`}
    ${knownBy === undefined ? NOTHING : sql`AND max_known_at_ms <= ${knownBy}`} ${inRanges(ranges)}`;
  for await (const rows of reader.stream(query)) {
    for (const keyframe of rows.map(keyframeOf)) {
      if (keyframe.revision > (found.get(keyframe.part)?.revision ?? -2)) found.set(keyframe.part, keyframe);
    }
  }
  return found;
}

/** The columns `keyframeOf` reads. */
export const KEYFRAME_COLUMNS = sql`part, revision, max_at_ms, max_known_at_ms, elements, body`;

export function keyframeOf([part, revision, maxAt, maxKnownAt, elements, body]: SqlRow): Keyframe {
  return {
    part: textCell(part),
    revision: numberCell(revision),
    maxAt: numberCell(maxAt),
    maxKnownAt: numberCell(maxKnownAt),
    elements: numberCell(elements),
    body: numberCell(body),
  };
}

export function keyframeRow(cluster: string): (keyframe: Keyframe) => readonly SqlCell[] {
  return ({ part, revision, maxAt, maxKnownAt, elements, body }) => [
    ...[cluster, part, revision, maxAt, maxKnownAt, elements, body],
  ];
}

/** Of a part that had nothing yet. */
export function emptyKeyframe(part: string, revision: number): Keyframe {
  return { part, revision, maxAt: 0, maxKnownAt: 0, elements: 0, body: 0 };
}

/** Bodies whose elements are handed out in one turn of the event loop. */
const BODIES_PER_TURN = 8;

/** The elements of keyframes, as JSON texts. */
export async function readKeyframeData(
  reader: SqlReader,
  bodies: readonly number[],
  use: (line: string) => void,
): Promise<void> {
  // Body 0 is that of empty parts.
  const stored = [...new Set(bodies)].filter((body) => body !== 0);
  for (let start = 0; start < stored.length; start += MAX_LISTED) {
    const some = stored.slice(start, start + MAX_LISTED);
    const rows = await reader.rows(sql`SELECT element_data FROM keyframe_data WHERE body IN ${listed(some)}`);
    if (rows.length !== some.length) throw damaged(`${some.length} keyframes`, some);
    for (const [count, [data]] of rows.entries()) {
      for (const line of unpackedElements(blobCell(data))) use(line);
      if (count % BODIES_PER_TURN === BODIES_PER_TURN - 1) await setImmediate();
    }
  }
}

export function packElements(elements: readonly Element[]): Uint8Array {
  return packed(elements.map((element) => JSON.stringify(element)).join("\n"));
}

/** One JSON text for each element. */
export function unpackedElements(blob: Uint8Array): readonly string[] {
  const text = unpacked(blob);
  return text === "" ? [] : text.split("\n");
}
