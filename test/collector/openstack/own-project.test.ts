import { afterAll, describe, expect, test } from "vitest";
import { PROBES } from "../../../collector/openstack/probes.ts";
import { Lifetime } from "../../../core/lifetime.ts";
import { hasVolume } from "../../../simulator/openstack/volumes.ts";
import { openRegion } from "./region.ts";
import { StubApi } from "./stub-api.ts";
import { syncedCloud } from "./synced-cloud.ts";

const lifetime = new Lifetime();
afterAll(() => lifetime.end());

describe("who is told of his own project's alone, silently, is told so", () => {
  test.each([
    ["no role, and nothing", ["member"], [], true],
    ["no role, and his own alone", ["member"], ["own", "own"], true],
    ["no role of theirs, and another's as well", ["nephoscope"], ["own", "other"], false],
    ["a role that shows all, and his own alone", ["admin"], ["own"], false],
  ])("%s", async (_what, roles, owners, isSaid) => {
    const api = new StubApi();
    for (const [number, owner] of owners.entries()) {
      api.put("/volumes/detail", { id: `v${number}`, "os-vol-tenant-attr:tenant_id": owner });
      api.put("/lbaas/loadbalancers", { id: `l${number}`, project_id: owner });
    }
    const region = await openRegion(api, { roles });
    await region.cinder.full(region.round);
    await region.octavia.full(region.round);
    if (!isSaid) api.put("/agents", { id: "a1", agent_type: "L3 agent", host: "h" });
    await region.neutron.full(region.round);
    const all = ["volumes of other projects", "load balancers of other projects", "agents"];
    expect(region.missing.map(({ what }) => what)).toEqual(isSaid ? all : []);
    await region.end();
  });

  test("a user of the simulated OpenStack who is no administrator", async () => {
    const { health, attributesOf, estate } = await syncedCloud(
      { size: { hosts: 24, vmsPerHost: 6 } },
      ["volume", "load-balancer", "network"],
      lifetime,
      {
        user: "member",
      },
    );
    const all = [...estate.machines()].filter(({ index }) => hasVolume(index));
    expect(attributesOf("volume").length).toBeLessThan(all.length);
    const missing = (service: "volume" | "load-balancer" | "network") =>
      health(service)?.missing.map(({ what }) => what);
    expect(missing("volume")).toContain("volumes of other projects");
    expect(missing("network")).toContain("agents");
    expect(missing("load-balancer")).toContain("load balancers of other projects");
  });
});

test("who sees servers of others in the list and not by their ids is told so", async () => {
  const probe = PROBES.find(({ what }) => what === "servers by their ids");
  const api = new StubApi();
  api.put("/servers/detail", { id: "a", tenant_id: "own" });
  const reason = () => probe?.reasonOf(api, { projectId: "own", roles: [] });
  api.hidesById = true;
  expect(await reason()).toBeUndefined();
  api.put("/servers/detail", { id: "b", tenant_id: "other" });
  expect(await reason()).toContain("404");
  api.hidesById = false;
  expect(await reason()).toBeUndefined();
});
