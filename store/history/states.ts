import { epochMsOf } from "../../core/clock.ts";
import type { Element } from "../../core/element.ts";
import type { ElementId } from "../../core/element-id.ts";
import type { SqlDatabase, SqlReader } from "../sql-database.ts";
import type { AsOf, StoredMoment, TopologyPart } from "../topology-store.ts";
import { forgotten, isTold, readHorizon } from "./horizon.ts";
import { isSinglePart, type Selection, selectionOf } from "./part.ts";
import { beginOf, lastRevisionWithin } from "./revisions.ts";
import { slicesOf } from "./slices.ts";
import type { Slice } from "./state-reader.ts";
import { type StateSource, stateSource, toldState, USUAL_ELEMENTS } from "./state-sources.ts";
import type { Known } from "./tails.ts";

/** Later than anything happens. */
const LATEST = epochMsOf(Number.MAX_SAFE_INTEGER);
/** Elements handed out at once. */
const CHUNK_ELEMENTS = 1_000;

interface Plan {
  readonly cluster: string;
  /** What the changes since the horizon are to tell; undefined for a state that was written down. */
  readonly told: { readonly moment: AsOf; readonly upToRevision: number } | undefined;
  readonly source: StateSource;
  readonly slices: readonly Slice[];
}

export interface StateQuery {
  readonly cluster: string;
  readonly moment: AsOf;
  readonly part: TopologyPart;
  /** What was acknowledged just before. */
  readonly known: Known;
}

/**
 * The state in chunks. What is known is fixed by the last revision when it begins: revisions that come meanwhile are not
 * looked at, and each slice is read at once, before or after its rows are sealed, so that the chunks fit together
 * although no transaction stays open between them. Errors: `topology.forgotten`, also between chunks, when retention comes
 * to drop the moment.
 */
export async function* streamState(database: SqlDatabase, query: StateQuery): AsyncIterable<readonly Element[]> {
  yield* (await database.read("read", (reader) => begun(reader, query))).chunks(database);
}

export async function* streamLatest(
  database: SqlDatabase,
  cluster: string,
  known: Known,
): AsyncIterable<readonly Element[]> {
  const plan = await database.read("read", async (reader) => {
    const horizon = await readHorizon(reader, cluster);
    const source = toldState({ cluster, ...known }, undefined);
    const told = {
      moment: { at: LATEST },
      upToRevision: Math.max(known.upToRevision, horizon?.droppedRevision ?? 0),
    };
    return { cluster, told, source, slices: slicesOf(await source.parts(reader), true) };
  });
  yield* chunks(database, plan, undefined);
}

export async function readMoment(database: SqlDatabase, query: StateQuery): Promise<StoredMoment> {
  const { cluster, moment } = query;
  return database.read("read", async (reader) => {
    const state = await begun(reader, query);
    return {
      elements: state.chunks(database),
      revision: await lastRevisionWithin(reader, cluster, moment),
      beginsAt: await beginOf(reader, cluster),
    };
  });
}

/** A state of which the first slice is read: a part of the cloud seldom has more, and needs no other transaction then. */
async function begun(reader: SqlReader, query: StateQuery) {
  const plan = await planState(reader, query);
  const [first, ...rest] = plan.slices;
  const elements = first === undefined ? undefined : await plan.source.read(reader, first);
  return { chunks: (database: SqlDatabase) => chunks(database, { ...plan, slices: rest }, elements) };
}

async function planState(reader: SqlReader, { cluster, moment, part, known }: StateQuery): Promise<Plan> {
  const selection = selectionOf(part);
  const horizon = await readHorizon(reader, cluster);
  const source = await stateSource(reader, { cluster, moment, selection, known, horizon });
  const isPinned = !isTold(horizon, moment);
  return {
    cluster,
    told: isPinned ? undefined : { moment, upToRevision: Math.max(known.upToRevision, horizon?.droppedRevision ?? 0) },
    source,
    slices: slicesOf(knownParts(selection) ?? (await source.parts(reader)), isOneRange(selection)),
  };
}

function isOneRange(selection: Selection | undefined): boolean {
  return selection === undefined || selection.ranges.length === 1;
}

/** The parts of a host, say, need not be looked for. */
function knownParts(selection: Selection | undefined): ReadonlyMap<string, number> | undefined {
  const isKnown = selection?.ranges.every(isSinglePart) ?? false;
  return isKnown ? new Map(selection?.ranges.map(({ from }) => [from, USUAL_ELEMENTS])) : undefined;
}

async function* chunks(
  database: SqlDatabase,
  { cluster, told, source, slices }: Plan,
  first: ReadonlyMap<ElementId, Element> | undefined,
): AsyncIterable<readonly Element[]> {
  const read = (slice: Slice | undefined) =>
    slice === undefined
      ? undefined
      : database.read("read", async (reader) => {
          // Retention may have come in between.
          const horizon = await readHorizon(reader, cluster);
          const isLost =
            horizon !== undefined &&
            told !== undefined &&
            (!isTold(horizon, told.moment) || horizon.droppedRevision > told.upToRevision);
          if (isLost) throw forgotten(cluster, horizon);
          return source.read(reader, slice);
        });
  let next = first === undefined ? read(slices[0]) : Promise.resolve(first);
  try {
    for (let number = first === undefined ? 1 : 0; next !== undefined; number++) {
      const elements = [...(await next).values()];
      // While these are used, the database works on those that follow.
      next = read(slices[number]);
      next?.catch(() => undefined);
      for (let start = 0; start < elements.length; start += CHUNK_ELEMENTS) {
        yield elements.slice(start, start + CHUNK_ELEMENTS);
      }
    }
  } finally {
    await next?.catch(() => undefined);
  }
}
