import { afterAll, beforeAll, expect, test } from "vitest";
import { epochMsOf } from "../../../core/clock.ts";
import { hostId } from "../../../core/element-id.ts";
import { silentLog } from "../../../core/log.ts";
import type { Finding } from "../../../topology/invariants/finding.ts";
import type { Findings } from "../../../topology/invariants/findings.ts";
import { registerFindingsRoutes } from "../../../web/server/findings-routes.ts";
import { createHttpServer, type HttpServer } from "../../../web/server/http.ts";
import { newFolder, startSite, type TopologySite } from "../../fixtures/topology-site.ts";
import { SetClock } from "../../topology/fakes.ts";

const NOW = 1_700_000_000_000;
const clock = new SetClock(NOW);

function finding(invariant: Finding["invariant"], host: string, sinceMs: number): Finding {
  return {
    id: `${invariant}/${host}`,
    invariant,
    subject: host,
    elements: [hostId(host)],
    level: "critical",
    detail: { port: "p" },
    since: { revision: 3, at: epochMsOf(sinceMs) },
    state: "settling",
    isUnknown: false,
  };
}

const open = [finding("duplicate_ip", "a", NOW - 5_000), finding("mtu_mismatch", "b", NOW - 1_000)];
const past: Finding = {
  ...finding("duplicate_mac", "a", NOW - 90_000),
  state: "standing",
  standingAt: epochMsOf(NOW - 80_000),
  endedAt: epochMsOf(NOW - 40_000),
};
let isReady = true;
const findings: Findings = {
  cluster: "main",
  isReady: () => isReady,
  open: () => open,
  standingAt: (at) => (at > NOW - 80_000 && at < NOW - 40_000 ? [past] : []),
  forgottenUntil: () => epochMsOf(NOW - 3_600_000),
  counts: () => ({ settling: 2, standing: 0, unknown: 0, standingBy: new Map(), waitingChanges: 0, judgements: 0 }),
  failing: () => undefined,
  onFinding: () => () => undefined,
};

const folder = newFolder();
let site: TopologySite;
let app: HttpServer;

beforeAll(async () => {
  site = await startSite(folder.path, { clock });
  app = await createHttpServer({ version: "0", log: silentLog });
  const recorders = new Map([["main", site.recorder]]);
  registerFindingsRoutes(app, { recorders, store: site.store, clock, findings: new Map([["main", findings]]) });
  await app.ready();
});
afterAll(async () => {
  await app.close();
  await site.stop();
  folder.remove();
});

async function get(query: string) {
  const reply = await app.inject({ method: "GET", url: `/api/v1/topology/findings${query}` });
  return {
    status: reply.statusCode,
    type: reply.headers["content-type"],
    body: reply.json() as Record<string, unknown>,
  };
}
const idsIn = ({ body }: Awaited<ReturnType<typeof get>>) =>
  Array.isArray(body.findings) ? body.findings.map((it: { id: string }) => it.id) : body;

test("lists the findings of now, newest first, as their schema says", async () => {
  const { status, body } = await get("");
  expect(status).toBe(200);
  expect(body).toMatchObject({ cluster: "main", at: NOW, truncated: false });
  expect(idsIn(await get(""))).toEqual(["mtu_mismatch/b", "duplicate_ip/a"]);
  expect((await get("?kind=duplicate_ip")).body.findings).toEqual([
    {
      id: "duplicate_ip/a",
      invariant: "duplicate_ip",
      elements: ["host/a"],
      level: "critical",
      state: "settling",
      unknown: false,
      since: { revision: 3, at: NOW - 5_000 },
      detail: { port: "p" },
    },
  ]);
});

test("root, kind, state and limit narrow it", async () => {
  expect(idsIn(await get("?root=host/a"))).toEqual(["duplicate_ip/a"]);
  expect(idsIn(await get("?kind=mtu_mismatch,duplicate_mac"))).toEqual(["mtu_mismatch/b"]);
  expect(idsIn(await get("?state=standing"))).toEqual([]);
  expect((await get("?limit=1")).body).toMatchObject({ findings: [{ id: "mtu_mismatch/b" }], truncated: true });
});

test("with a moment it gives what was standing then", async () => {
  const { body } = await get("?at=now-1m");
  expect(body.findings).toMatchObject([{ id: "duplicate_mac/a", standing_at: NOW - 80_000, ended_at: NOW - 40_000 }]);
});

test.each([
  ["?kind=no_such_thing", 400, "findings.kind_unknown"],
  ["?cluster=other", 404, "topology.cluster_unknown"],
  ["?at=now-2h", 410, "findings.forgotten"],
  ["?root=%00", 400, "topology.id_invalid"],
])("%s is refused with %i %s", async (query, status, code) => {
  const reply = await get(query);
  expect(reply).toMatchObject({ status, body: { code } });
  expect(reply.type).toContain("application/problem+json");
});

test("while the graph is gone through after a start it says so", async () => {
  isReady = false;
  expect(await get("")).toMatchObject({ status: 503, body: { code: "findings.not_ready" } });
  isReady = true;
});
