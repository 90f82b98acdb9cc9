import { afterAll, beforeAll, expect, test } from "vitest";
import { epochMsOf } from "../../core/clock.ts";
import { interfaceId } from "../../core/element-id.ts";
import { Lifetime } from "../../core/lifetime.ts";
import { silentLog } from "../../core/log.ts";
import { openPostgresTopology } from "../../store/postgres/topology.ts";
import { collected } from "../../topology/model/topology.ts";
import { HistoryBuilder, naiveStateAt } from "../store/topology-history.ts";
import { nic } from "../topology/arbitrary.ts";
import { type PostgresServer, startPostgres } from "./fixtures/postgres.ts";

const SEALING = { tailChanges: 6, blockChanges: 4, keyframes: { leastElements: 1, segments: 3 } };
const CLUSTER = "c";
let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.remove());

test("what retention drops leaves no keyframe's elements behind, and takes none that are needed", async () => {
  const lifetime = new Lifetime();
  const settings = await server.createDatabase();
  const store = await openPostgresTopology(settings, { log: silentLog, sealing: SEALING }, lifetime);
  const count = async (query: string) => {
    const [row] = await server.query(`SELECT count(*) AS found FROM nephoscope.${query}`, settings.database);
    return Number(row?.found);
  };
  const history = new HistoryBuilder(CLUSTER);
  for (let step = 0; step < 60; step++) {
    const host = step % 2 === 0 ? "a" : "b";
    history.put(host, 1_000 + step, [[interfaceId(host, undefined, "e0"), nic(host, "e0", { mtu: 1_500 + step })]]);
  }
  try {
    for (const revision of history.revisions) await store.append([revision]);
    await store.sealed();
    const before = await count("keyframe_data");
    await store.retain(CLUSTER, { before: epochMsOf(1_040) });
    const after = await count("keyframe_data");
    expect(after).toBeGreaterThan(0);
    expect(after).toBeLessThan(before);
    expect(await count("keyframe_data WHERE body NOT IN (SELECT body FROM nephoscope.keyframes)")).toBe(0);
    for (const at of [1_040, 1_050, 1_059].map(epochMsOf)) {
      expect(await collected(store.stateAt(CLUSTER, { at }))).toEqual(naiveStateAt(history.revisions, at));
    }
  } finally {
    await lifetime.end();
  }
});
