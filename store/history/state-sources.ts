import type { Element } from "../../core/element.ts";
import type { ElementId } from "../../core/element-id.ts";
import type { SqlReader } from "../sql-database.ts";
import { sql } from "../sql-text.ts";
import type { AsOf } from "../topology-store.ts";
import { blobCell, numberCell, textCell } from "./cells.ts";
import { heldEntries } from "./change-filter.ts";
import { inRanges } from "./conditions.ts";
import { forgotten, type Horizon, isTold } from "./horizon.ts";
import { type KnowledgeBounds, newestKeyframes, unpackedElements } from "./keyframes.ts";
import type { Selection } from "./part.ts";
import { readParts, type Slice } from "./state-reader.ts";
import { storedElement } from "./stored-changes.ts";
import type { Known } from "./tails.ts";

/** A state that is read part by part, each in a transaction that has read something already (see `DirectoryView.isCurrent`). */
export interface StateSource {
  /** Every part that may hold elements, with about how many. */
  parts(reader: SqlReader): Promise<ReadonlyMap<string, number>>;
  read(reader: SqlReader, slice: Slice): Promise<ReadonlyMap<ElementId, Element>>;
}

/** A part whose size is not known yet is taken to be a host with this many elements. */
export const USUAL_ELEMENTS = 100;

/** The state as keyframes and changes tell it. */
export function toldState(bounds: KnowledgeBounds, selection: Selection | undefined): StateSource {
  return {
    parts: async (reader) => {
      const parts = new Map<string, number>();
      for (const keyframe of (await newestKeyframes(reader, bounds, selection?.ranges)).values()) {
        parts.set(keyframe.part, keyframe.body === 0 ? USUAL_ELEMENTS : keyframe.elements);
      }
      for await (const some of tailParts(reader, bounds, selection)) {
        for (const part of some) if (!parts.has(part)) parts.set(part, USUAL_ELEMENTS);
      }
      return parts;
    },
    read: async (reader, slice) => (await readParts(reader, bounds, slice, selection)).elements,
  };
}

async function* tailParts(
  reader: SqlReader,
  { cluster, upToRevision, tail }: KnowledgeBounds,
  selection: Selection | undefined,
): AsyncIterable<readonly string[]> {
  const ranges = selection?.ranges;
  if (tail !== undefined) {
    for (const [entry] of heldEntries(tail, { cluster, upToRevision, ranges }))
      yield entry === undefined ? [] : [entry.part];
    return;
  }
  const parts = sql`SELECT DISTINCT part FROM changes WHERE cluster = ${cluster} ${inRanges(ranges)}`;
  for await (const rows of reader.stream(parts)) yield rows.map(([part]) => textCell(part));
}

/** The state at a snapshot's moment, as it was written down. */
export function pinnedState(cluster: string, at: number, selection: Selection | undefined): StateSource {
  const pins = sql`cluster = ${cluster} AND at_ms = ${at} AND elements > 0`;
  return {
    parts: async (reader) => {
      const rows = await reader.rows(sql`SELECT part, elements FROM pins WHERE ${pins} ${inRanges(selection?.ranges)}`);
      return new Map(rows.map(([part, elements]) => [textCell(part), numberCell(elements)]));
    },
    read: async (reader, { ranges }) => {
      const state = new Map<ElementId, Element>();
      for await (const rows of reader.stream(sql`SELECT element_data FROM pins WHERE ${pins} ${inRanges(ranges)}`)) {
        for (const line of rows.flatMap(([data]) => unpackedElements(blobCell(data)))) {
          const element = storedElement(line);
          if (selection?.includes(element.id) ?? true) state.set(element.id, element);
        }
      }
      return state;
    },
  };
}

export interface Moment {
  readonly cluster: string;
  readonly moment: AsOf;
  readonly selection: Selection | undefined;
  readonly known: Known;
  readonly horizon: Horizon | undefined;
}

/** Errors: `topology.forgotten`. */
export async function stateSource(
  reader: SqlReader,
  { cluster, moment, selection, known, horizon }: Moment,
): Promise<StateSource> {
  if (horizon === undefined || isTold(horizon, moment)) {
    // Retention may have come in between: of what it dropped, states are known as of the last revision only.
    const upToRevision = Math.max(known.upToRevision, horizon?.droppedRevision ?? 0);
    const { tail, directory } = known;
    const bounds = { cluster, upToRevision, upTo: moment.at, knownBy: moment.knownAt, tail, directory };
    return toldState(bounds, selection);
  }
  const isPinned = moment.at < horizon.at && moment.knownAt === undefined && (await hasPin(reader, cluster, moment.at));
  if (!isPinned) throw forgotten(cluster, horizon);
  return pinnedState(cluster, moment.at, selection);
}

/** Whether the state at this very moment was written down. */
export async function hasPin(reader: SqlReader, cluster: string, at: number): Promise<boolean> {
  const [row] = await reader.rows(sql`SELECT count(*) FROM pins WHERE cluster = ${cluster} AND at_ms = ${at}`);
  return numberCell(row?.[0]) > 0;
}
