import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { epochMsOf } from "../../../core/clock.ts";
import type { Node } from "../../../core/element.ts";
import { hostId } from "../../../core/element-id.ts";
import { silentLog } from "../../../core/log.ts";
import { type HistoryStore, openHistory } from "../../../store/history/history-store.ts";
import type { SealingSizes } from "../../../store/history/sealer.ts";
import type { SqlDatabase } from "../../../store/sql-database.ts";
import { sql } from "../../../store/sql-text.ts";
import { apply } from "../../../topology/model/change.ts";
import type { Revision } from "../../../topology/model/revision.ts";
import { collected } from "../../../topology/model/topology.ts";
import { emptyHistory } from "../fixtures/empty-history.ts";
import { historyArbitrary, naiveLog, naiveStateAt } from "../topology-history.ts";

const ms = epochMsOf;
const [revisions = []] = fc.sample(
  historyArbitrary.filter(({ length }) => length > 25),
  { numRuns: 1, seed: 5 },
);
const HOSTS = 200;

/** A history whose questions wait at a gate, after they have learned where things lie and before their transaction begins. */
interface Gated {
  readonly store: HistoryStore;
  readonly database: SqlDatabase;
  shut(): () => void;
}

async function gatedHistory(sealing: SealingSizes): Promise<Gated> {
  const database = await emptyHistory();
  let gate = Promise.resolve();
  const gated: SqlDatabase = {
    ...database,
    read: async (lane, work) => {
      if (lane === "read") await gate;
      return database.read(lane, work);
    },
  };
  const shut = () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    gate = promise;
    return resolve;
  };
  return { store: await openHistory(gated, { log: silentLog, sealing }), database, shut };
}

const hostOf = (number: number, attributes: Node["attributes"] = {}): Node => {
  const name = `h${String(number).padStart(4, "0")}`;
  return { id: hostId(name), kind: "host", name, cluster: "c", host: name, attributes };
};
const added = (number: number): Revision => {
  const [at, element] = [ms(1_000 + number), hostOf(number)];
  const changes = [{ kind: "add", element }] as const;
  return { revision: number, at, knownAt: at, cluster: "c", origin: `agent/${element.name}`, changes };
};
const updated = (number: number): Revision => {
  const [at, { id, name }] = [ms(2_000 + number), hostOf(number)];
  const changes = [{ kind: "update", id, subject: { kind: "host", name }, before: {}, after: { x: 1 } }] as const;
  return { revision: HOSTS + number, at, knownAt: at, cluster: "c", origin: `agent/${name}`, changes };
};
const numbers = Array.from({ length: HOSTS }, (_, index) => index + 1);

describe("a question that waited", () => {
  test("while history was dropped is answered from what is left", async () => {
    // With few keyframes, so that the blocks that are dropped are needed until others are written.
    const { store, shut } = await gatedHistory({ tailChanges: 8, blockChanges: 3 });
    for (const revision of revisions) await store.append([revision]);
    await store.sealed();
    const open = shut();
    const [from, to] = [ms(1_150), ms(9_999)];
    const asked = Promise.all([
      collected(store.stateAt("c", { at: ms(1_190) })),
      collected(store.latest("c")),
      store.changes({ cluster: "c", from, to, limit: 10_000 }),
      store.netChanges({ cluster: "c", from, to, limit: 10_000 }),
    ]);
    await store.retain("c", { before: ms(1_130) });
    open();
    const [state, latest, { changes }, net] = await asked;
    expect(state).toEqual(naiveStateAt(revisions, ms(1_190)));
    expect(latest).toEqual(naiveStateAt(revisions, undefined));
    expect(changes).toEqual(naiveLog(revisions).filter(({ at }) => at > from));
    expect(apply(naiveStateAt(revisions, from), net)).toEqual(naiveStateAt(revisions, to));
  });

  test.each([
    ["in memory", {}],
    ["too long for memory", { mostHeldBytes: 100 }],
  ])("while history was sealed, its tail %s, misses nothing", async (_where, bounds) => {
    const { store, shut } = await gatedHistory({ tailChanges: 64, blockChanges: 16, ...bounds });
    // Some are sealed before, and where they lie is known; the others are sealed for the first time while the question waits.
    const before = numbers.slice(0, 100);
    for (const number of before) await store.append([added(number)]);
    await store.sealed();
    const open = shut();
    const at = ms(9_999);
    const asked = Promise.all([
      collected(store.stateAt("c", { at })),
      collected(store.latest("c")),
      ...before.slice(-40).map((number) => collected(store.stateAt("c", { at }, { root: hostOf(number).id }))),
    ]);
    await Promise.resolve();
    for (const number of numbers.slice(100)) await store.append([added(number)]);
    await store.sealed();
    open();
    const [state, latest, ...hosts] = await asked;
    expect([state?.size, latest?.size]).toEqual([100, 100]);
    expect(hosts.map(({ size }) => size)).toEqual(new Array(40).fill(1));
  });
});

test("a state that is being streamed when retention drops its moment ends with `topology.forgotten`", async () => {
  const { store } = await gatedHistory({ tailChanges: 64, blockChanges: 16 });
  await store.append(numbers.map(added));
  for (const number of numbers) await store.append([updated(number)]);
  const { id, name } = hostOf(1);
  const changes = [{ kind: "update", id, subject: { kind: "host", name }, before: { x: 1 }, after: { x: 2 } }] as const;
  const at = ms(9_000);
  await store.append([{ revision: 2 * HOSTS + 1, at, knownAt: at, cluster: "c", origin: `agent/${name}`, changes }]);
  await store.sealed();
  const streamed = async () => {
    let elements = 0;
    for await (const chunk of store.stateAt("c", { at: ms(2_050) })) {
      if (elements === 0) await store.retain("c", { before: ms(5_000) });
      elements += chunk.length;
    }
    return elements;
  };
  await expect(streamed()).rejects.toMatchObject({ code: "topology.forgotten" });
});

test("a keyframe that is no longer there is told as damage, not left out", async () => {
  const sealing = { tailChanges: 8, blockChanges: 3, keyframes: { leastElements: 1, segments: 2 } };
  const { store, database } = await gatedHistory(sealing);
  for (const number of numbers.slice(0, 60)) await store.append([added(number)]);
  await store.sealed();
  await database.write("write", (writer) => writer.execute(sql`DELETE FROM keyframe_data`));
  await expect(collected(store.latest("c"))).rejects.toMatchObject({ code: "store.damaged" });
});
