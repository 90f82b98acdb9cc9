import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openClusters } from "../../../cli/up/clusters.ts";
import { epochMsOf, systemClock } from "../../../core/clock.ts";
import { hostId } from "../../../core/element-id.ts";
import { Lifetime } from "../../../core/lifetime.ts";
import { silentLog } from "../../../core/log.ts";
import { openEmbeddedState } from "../../../store/embedded/state.ts";
import { openEmbeddedTopology } from "../../../store/embedded/topology.ts";
import type { TopologyStore } from "../../../store/topology-store.ts";
import { temporaryFolder } from "../../collector/fixtures/temporary-folder.ts";

let folder: string;
let lifetime: Lifetime;
beforeEach(() => {
  folder = temporaryFolder();
  lifetime = new Lifetime();
});
afterEach(() => lifetime.end());

const at = epochMsOf(1_000);
const hostIn = (cluster: string) =>
  ({ id: hostId("same"), kind: "host", name: "same", cluster, host: "same", attributes: { of: cluster } }) as const;
const record = (store: TopologyStore, cluster: string, revision: number) =>
  store.append([
    { cluster, revision, at, knownAt: at, origin: "agent/same", changes: [{ kind: "add", element: hostIn(cluster) }] },
  ]);

async function open(configured: readonly string[]) {
  const limits = { threads: 1, memoryMegabytes: 256 };
  const store = await openEmbeddedTopology(join(folder, "topology.duckdb"), limits, { log: silentLog }, lifetime);
  const state = openEmbeddedState(join(folder, "state.sqlite"));
  lifetime.defer("state", () => state.close());
  const loaded: string[] = [];
  const onProgress = (cluster: string, elements: number) => void loaded.push(`${cluster} ${elements}`);
  const deps = { store, state, clock: systemClock, log: silentLog, onProgress };
  return { store, loaded, open: () => openClusters(configured, deps, lifetime) };
}

test("configured clusters are live, the collector's own first; others that the store has can be asked about only", async () => {
  const site = await open(["own", "second", "own"]);
  await record(site.store, "archived", 1);
  await record(site.store, "second", 1);
  const { recorders, live, findings } = await site.open();
  expect([...recorders.keys()]).toEqual(["own", "second", "archived"]);
  expect([...live.keys()]).toEqual(["own", "second"]);
  expect([...findings.keys()]).toEqual(["own", "second"]);
  expect(site.loaded).toEqual(["second 1", "archived 1"]);
});

test("the same id in two clusters is two elements, each with its own numbers", async () => {
  const site = await open(["a", "b"]);
  await record(site.store, "a", 1);
  const { recorders } = await site.open();
  const [a, b] = [recorders.get("a"), recorders.get("b")];
  expect([a?.revision(), b?.revision()]).toEqual([1, 0]);
  await b?.record({ kind: "full", owner: { kind: "agent", host: "same" }, at, elements: [hostIn("b")] });
  expect([a?.revision(), b?.revision()]).toEqual([1, 1]);
  expect(a?.graph.get(hostId("same"))?.attributes).toEqual({ of: "a" });
  expect(b?.graph.get(hostId("same"))?.attributes).toEqual({ of: "b" });
});

test("an imported history becomes a cluster that nothing is added to", async () => {
  const site = await open(["own"]);
  const clusters = await site.open();
  await record(site.store, "problem", 1);
  await clusters.adopt("problem");
  expect(clusters.recorders.get("problem")?.graph.size).toBe(1);
  expect([...clusters.live.keys()]).toEqual(["own"]);
});
