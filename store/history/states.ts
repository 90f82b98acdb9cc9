import type { Element } from "../../core/element.ts";
import type { SqlDatabase, SqlReader } from "../sql-database.ts";
import type { AsOf, StoredMoment, TopologyPart } from "../topology-store.ts";
import { readHorizon } from "./horizon.ts";
import { isSinglePart, type Selection, selectionOf } from "./part.ts";
import { beginOf, lastRevisionWithin } from "./revisions.ts";
import { slicesOf } from "./slices.ts";
import type { Slice } from "./state-reader.ts";
import { type StateSource, stateSource, toldState, USUAL_ELEMENTS } from "./state-sources.ts";
import type { Known } from "./tails.ts";

/** Elements handed out at once. */
const CHUNK_ELEMENTS = 1_000;

interface Plan {
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
 * although no transaction stays open between them.
 */
export async function* streamState(database: SqlDatabase, query: StateQuery): AsyncIterable<readonly Element[]> {
  yield* chunks(database, await database.read("read", (reader) => planState(reader, query)));
}

export async function* streamLatest(
  database: SqlDatabase,
  cluster: string,
  known: Known,
): AsyncIterable<readonly Element[]> {
  const plan = await database.read("read", async (reader) => {
    const source = toldState({ cluster, ...known }, undefined);
    return { source, slices: slicesOf(await source.parts(reader), true) };
  });
  yield* chunks(database, plan);
}

export async function readMoment(database: SqlDatabase, query: StateQuery): Promise<StoredMoment> {
  const { cluster, moment } = query;
  return database.read("read", async (reader) => {
    const plan = await planState(reader, query);
    return {
      elements: chunks(database, plan),
      revision: await lastRevisionWithin(reader, cluster, moment),
      beginsAt: await beginOf(reader, cluster),
    };
  });
}

async function planState(reader: SqlReader, { cluster, moment, part, known }: StateQuery): Promise<Plan> {
  const selection = selectionOf(part);
  const horizon = await readHorizon(reader, cluster);
  const source = await stateSource(reader, { cluster, moment, selection, known, horizon });
  return { source, slices: slicesOf(knownParts(selection) ?? (await source.parts(reader)), isOneRange(selection)) };
}

function isOneRange(selection: Selection | undefined): boolean {
  return selection === undefined || selection.ranges.length === 1;
}

/** The parts of a host, say, need not be looked for. */
function knownParts(selection: Selection | undefined): ReadonlyMap<string, number> | undefined {
  const isKnown = selection?.ranges.every(isSinglePart) ?? false;
  return isKnown ? new Map(selection?.ranges.map(({ from }) => [from, USUAL_ELEMENTS])) : undefined;
}

async function* chunks(database: SqlDatabase, { source, slices }: Plan): AsyncIterable<readonly Element[]> {
  const read = (slice: Slice | undefined) =>
    slice === undefined ? undefined : database.read("read", (reader) => source.read(reader, slice));
  let next = read(slices[0]);
  try {
    for (let number = 1; next !== undefined; number++) {
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
