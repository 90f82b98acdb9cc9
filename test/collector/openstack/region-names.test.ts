import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { catalogueOf } from "../../../collector/openstack/api/catalogue.ts";
import type { CloudAccess } from "../../../collector/openstack/api/service-api.ts";
import { CLOUD_LIMITS } from "../../../collector/openstack/cloud-source.ts";
import { Names } from "../../../collector/openstack/names.ts";
import { RegionSync } from "../../../collector/openstack/region-sync.ts";
import { noRoundTracing } from "../../../collector/pull/round-tracing.ts";
import { systemClock } from "../../../core/clock.ts";
import { Lifetime } from "../../../core/lifetime.ts";
import { silentLog } from "../../../core/log.ts";
import { openRecorder } from "../../../topology/recorder.ts";
import { MemoryRevisionLog } from "../../topology/fakes.ts";
import { StubApi } from "./stub-api.ts";

const PREFIX = /^\/(v2\.0|v2\.1|v2)(?=\/|$)/;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** The stub behind the catalogue of one region. */
function accessTo(api: StubApi): CloudAccess {
  const catalog = ["compute", "network", "image"].map((type) => ({
    type,
    endpoints: [{ region: "r1", interface: "public", url: `http://${type}.test` }],
  }));
  const token = { text: "t", renewAtMs: 0, catalogue: catalogueOf(catalog), projectId: "own", roles: ["admin"] };
  const ask = async ({ url }: { readonly url: URL }) => {
    const path = url.pathname.replace(PREFIX, "") || "/";
    return { status: 200, headers: {}, body: (await api.get(path, [...url.searchParams])).body };
  };
  return {
    ...{ http: { ask }, gate: { run: (_signal: AbortSignal, act: () => unknown) => act() }, clock: systemClock },
    ...{ tokens: { current: async () => token, refused: () => {} }, interface: "public" },
  } as unknown as CloudAccess;
}

test("many images gone at once are a reason to read Nova anew, and none to read Neutron", async () => {
  const lifetime = new Lifetime();
  const api = new StubApi();
  const ids = Array.from({ length: 30 }, (_, number) => `i${number}`);
  for (const id of ids) api.put("/images", { id, name: id });
  for (const id of ids) api.put("/servers/detail", { id: `s-${id}`, name: "s", image: { id } });
  const store = new MemoryRevisionLog();
  const recorder = await openRecorder({ cluster: "c", store, clock: systemClock, log: silentLog }, lifetime);
  const region = new RegionSync({
    source: {
      ...{ cluster: "c", authUrl: "http://keystone.test/v3", regions: [], interface: "public", ca: undefined },
      ...{ credentials: { kind: "application_credential", id: "i", secret: { kind: "text", text: "s" } } as never },
      ...{ fullEveryMs: 600_000, pollEveryMs: 20_000, limits: CLOUD_LIMITS },
    },
    ...{ region: "r1", regions: ["r1"], access: accessTo(api), recorder, projects: new Names(), asksIdentity: false },
    ...{ clock: systemClock, log: silentLog, tracing: noRoundTracing(), random: () => 0.5 },
  });
  const end = new AbortController();
  const running = region.run(end.signal);
  const rounds = (service: string) => region.services.find((it) => it.api.service === service)?.loop.health.rounds ?? 0;
  const readings = (path: string) => api.asked.filter((it) => it.path === path).length;
  await vi.advanceTimersByTimeAsync(60_000);
  expect([readings("/os-aggregates"), readings("/extensions")]).toEqual([1, 1]);
  for (const id of ids) api.drop("/images", id);
  region.services.find((it) => it.api.service === "image")?.loop.hurry();
  const [network, compute] = [rounds("network"), rounds("compute")];
  await vi.advanceTimersByTimeAsync(120_000);
  expect(rounds("network") > network + 3 && rounds("compute") > compute + 3).toBe(true);
  expect([readings("/os-aggregates"), readings("/extensions")]).toEqual([2, 1]);
  end.abort();
  await vi.advanceTimersByTimeAsync(60_000);
  await running;
  await lifetime.end();
});
