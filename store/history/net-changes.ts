import { setImmediate } from "node:timers/promises";
import type { ElementId } from "../../core/element-id.ts";
import { OperatorError } from "../../core/errors.ts";
import { type Change, diff } from "../../topology/model/change.ts";
import { netOf } from "../../topology/model/net-change.ts";
import type { SqlDatabase, SqlReader } from "../sql-database.ts";
import type { NetQuery } from "../topology-store.ts";
import { readEntries } from "./change-reader.ts";
import { readHorizon } from "./horizon.ts";
import { selectionOf } from "./part.ts";
import { slicesOf } from "./slices.ts";
import { type StateSource, stateSource } from "./state-sources.ts";
import { changeOf, type Entry, inOrder } from "./stored-changes.ts";
import type { Known } from "./tails.ts";

/** Elements whose changes are folded in one turn of the event loop. */
const ELEMENTS_PER_TURN = 200;

/** What changed in a span, folded per element. Errors: `topology.too_many_changes`, `topology.forgotten`. */
export function readNetChanges(database: SqlDatabase, query: NetQuery, known: Known): Promise<readonly Change[]> {
  return database.read("read", async (reader) => {
    const horizon = await readHorizon(reader, query.cluster);
    if (horizon !== undefined && query.from < horizon.at) return differenceOfStates(reader, query, known);
    return foldedChanges(reader, query, known);
  });
}

async function foldedChanges(reader: SqlReader, query: NetQuery, known: Known): Promise<readonly Change[]> {
  const { cluster, from, to, part = {}, limit } = query;
  const byElement = new Map<ElementId, Entry[]>();
  const filter = { cluster, after: from, upTo: to, ...selectionOf(part), ...known };
  for await (const entries of readEntries(reader, filter)) {
    for (const entry of entries) {
      const known = byElement.get(entry.id);
      if (known === undefined) byElement.set(entry.id, [entry]);
      else known.push(entry);
    }
    if (byElement.size > limit) throw tooMany(limit);
  }
  const changes: Change[] = [];
  let elements = 0;
  for (const entries of byElement.values()) {
    changes.push(...netOf(entries.sort(inOrder).map(changeOf)));
    if (++elements % ELEMENTS_PER_TURN === 0) await setImmediate();
  }
  return changes;
}

/** From a snapshot whose history is forgotten: its state, as it was written down, against the later one. */
async function differenceOfStates(reader: SqlReader, query: NetQuery, known: Known): Promise<readonly Change[]> {
  const { cluster, from, to, limit } = query;
  const moment = {
    cluster,
    selection: selectionOf(query.part ?? {}),
    horizon: await readHorizon(reader, cluster),
    known,
  };
  const before = await stateSource(reader, { ...moment, moment: { at: from } });
  const after = await stateSource(reader, { ...moment, moment: { at: to } });
  const areNeighbours = (moment.selection?.ranges.length ?? 1) === 1;
  const changes: Change[] = [];
  for (const slice of slicesOf(await partsOfBoth(reader, before, after), areNeighbours)) {
    changes.push(...diff(await before.read(reader, slice), await after.read(reader, slice)));
    if (changes.length > 2 * limit) throw tooMany(limit);
  }
  return changes;
}

async function partsOfBoth(
  reader: SqlReader,
  before: StateSource,
  after: StateSource,
): Promise<ReadonlyMap<string, number>> {
  return new Map([...(await before.parts(reader)), ...(await after.parts(reader))]);
}

function tooMany(limit: number): OperatorError {
  return new OperatorError({
    code: "topology.too_many_changes",
    message: `more than ${limit} elements changed between the two moments`,
    hint: "choose moments closer together, or give `root` to look at a part",
    status: 422,
  });
}
