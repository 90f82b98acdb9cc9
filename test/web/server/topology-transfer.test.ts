import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Lifetime } from "../../../core/lifetime.ts";
import { silentLog } from "../../../core/log.ts";
import { openRecorder, type Recorder } from "../../../topology/recorder.ts";
import { createHttpServer, type HttpServer } from "../../../web/server/http.ts";
import { registerTopologyRoutes } from "../../../web/server/topology-routes.ts";
import { registerTransferRoutes } from "../../../web/server/topology-transfer-routes.ts";
import type { TopologySite } from "../../fixtures/topology-site.ts";
import { clock, idsIn, minutes, startStory } from "./topology-story.ts";

const NDJSON = { "content-type": "application/x-ndjson" };
const folder = mkdtempSync(join(tmpdir(), "nephoscope-transfer-route-"));
const lifetime = new Lifetime();
let site: TopologySite;
let app: HttpServer;

beforeAll(async () => {
  site = await startStory();
  app = await createHttpServer({ version: "0", log: silentLog });
  const recorders = new Map<string, Recorder>([["main", site.recorder]]);
  const deps = { recorders, store: site.store, clock };
  const onImported = async (cluster: string) => {
    recorders.set(cluster, await openRecorder({ cluster, store: site.store, clock, log: silentLog }, lifetime));
  };
  registerTopologyRoutes(app, deps);
  registerTransferRoutes(app, { ...deps, onImported });
  await app.ready();
});
afterAll(async () => {
  await app.close();
  await lifetime.end();
  await site.stop();
  rmSync(folder, { recursive: true });
});

const exported = () => app.inject(`/api/v1/topology/export?cluster=main&from=${minutes(1)}&to=${minutes(10)}`);
const taken = (cluster: string, payload: string, headers: Record<string, string> = NDJSON) =>
  app.inject({ method: "POST", url: `/api/v1/topology/import?cluster=${cluster}`, headers, payload });

test("an export taken in elsewhere is a cluster that can be asked about like any other", async () => {
  const file = await exported();
  expect(file.headers["content-type"]).toContain("application/x-ndjson");
  const reply = await taken("from-a-colleague", file.body);
  expect(reply.statusCode).toBe(201);
  expect(reply.json()).toMatchObject({ cluster: "from-a-colleague", from: minutes(1), to: minutes(10) });
  for (const at of [minutes(2), minutes(5), minutes(9)]) {
    const of = async (cluster: string) =>
      idsIn((await app.inject(`/api/v1/topology?cluster=${cluster}&at=${at}`)).json());
    expect(await of("from-a-colleague")).toEqual(await of("main"));
  }
});

test("what is no export, not whole, or has a name that is taken is refused, and says what to do", async () => {
  const { body } = await exported();
  const refusal = async (cluster: string, payload: string, headers?: Record<string, string>) => {
    const reply = await taken(cluster, payload, headers);
    const { code, hint } = reply.json<{ code: string; hint: string }>();
    expect(hint).not.toBe("");
    return [reply.statusCode, code];
  };
  expect(await refusal("x", body.slice(0, -30))).toEqual([400, "import.malformed"]);
  expect(await refusal("x", "hello\n")).toEqual([400, "import.malformed"]);
  expect(await refusal("main", body)).toEqual([409, "topology.cluster_exists"]);
  expect(await refusal("x", '{"a":1}', { "content-type": "application/json" })).toEqual([415, "import.not_ndjson"]);
  expect(
    (await app.inject(`/api/v1/topology/export?cluster=main&from=${minutes(5)}&to=${minutes(4)}`)).statusCode,
  ).toBe(400);
});

test("a cloud from afar: what each place holds, now and in the past", async () => {
  const places = async (query: string) =>
    (await app.inject(`/api/v1/topology/places?cluster=main${query}`)).json<{
      places: { id: string; counts: object }[];
    }>().places;
  const now = await places("");
  expect(now.map(({ id }) => id)).toEqual(["unplaced"]);
  expect(now[0]?.counts).toMatchObject({ host: 1, agent: 1, nic: 2 });
  expect((await places(`&at=${minutes(0)}`)).length).toBeLessThanOrEqual(1);
  expect(await places("&root=region/nowhere")).toEqual([]);
});
