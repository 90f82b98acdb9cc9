import { expect, test } from "vitest";
import { ApiError, type FailureKind, isApiError } from "../../../collector/openstack/api/api-error.ts";
import { objectPath } from "../../../collector/openstack/api/one-object.ts";
import { openRegion } from "./region.ts";
import { StubApi } from "./stub-api.ts";

// One object or project whose question fails: everything else is read as if it were not there.

const server = { name: "web", tenant_id: "shop", "OS-EXT-SRV-ATTR:host": "h1" };

/** What the path of a question ends in fails. */
function failing(api: StubApi, end: string, kind: FailureKind = "server"): void {
  api.before = (path) => {
    if (path.endsWith(end)) throw new ApiError({ kind, message: `${path}: failed`, hint: "look" });
  };
}

test.each(["server", "malformed", "too_large"] as const)(
  "a quota that Nova, Neutron or Cinder cannot tell (%s) fails no reading of everything, and is named",
  async (kind) => {
    const api = new StubApi();
    api.put("/servers/detail", { id: "s1", ...server });
    api.put("/volumes/detail", { id: "v1", "os-vol-tenant-attr:tenant_id": "shop" });
    api.put("/ports", { id: "p1", project_id: "shop", "binding:vif_type": "ovs" });
    api.extensions.add("quotas");
    api.before = (path) => {
      if (/quota/.test(path)) throw new ApiError({ kind, message: `${path}: failed`, hint: "look" });
    };
    const region = await openRegion(api);
    for (const service of [region.nova, region.cinder, region.neutron]) {
      region.missing.length = 0;
      await service.full(region.round);
      expect(region.missing).toMatchObject([{ what: expect.stringMatching(/^quotas of/), hint: "look" }]);
      await service.poll(region.round);
    }
    expect(Object.keys(region.known())).toEqual(["neutron/port/p1", "openstack/volume/v1", "vm/s1"]);
    await region.end();
  },
);

test.each(["server", "forbidden"] as const)(
  "a balancer that Octavia does not tell (%s) hides no other one, and is asked for again in the next look",
  async (kind) => {
    const api = new StubApi();
    const put = (id: string, operating_status: string) => api.put("/lbaas/loadbalancers", { id, operating_status });
    for (const id of ["b1", "b2", "b3"]) put(id, "ONLINE");
    const region = await openRegion(api);
    await region.octavia.full(region.round);
    for (const id of ["b1", "b2"]) put(id, "ERROR");
    api.drop("/lbaas/loadbalancers", "b3");
    failing(api, "/b1", kind);
    await region.octavia.poll(region.round);
    const statuses = () =>
      ["b1", "b2", "b3"].map((id) => region.known()[`neutron/load-balancer/${id}`]?.attributes.operating_status);
    expect(statuses()).toEqual(["ONLINE", "ERROR", undefined]);
    expect(region.missing).toMatchObject([{ what: "some of /lbaas/loadbalancers", hint: "look" }]);
    expect(region.missing[0]?.reason).toBe("1 of 2 could not be read: /lbaas/loadbalancers/b1: failed");
    api.before = () => {};
    await region.octavia.poll(region.round);
    expect(statuses()).toEqual(["ERROR", "ERROR", undefined]);
    await region.end();
  },
);

test.each(["server", "forbidden"] as const)(
  "a volume that Cinder does not tell (%s) hides no other one",
  async (kind) => {
    const api = new StubApi();
    api.put("/volumes/detail", { id: "v0" });
    const region = await openRegion(api);
    await region.cinder.full(region.round);
    for (const id of ["v1", "v2"]) api.put("/volumes/detail", { id });
    api.drop("/volumes/detail", "v0");
    failing(api, "/v1", kind);
    await region.cinder.poll(region.round);
    expect(Object.keys(region.known())).toEqual(["openstack/volume/v2"]);
    api.before = () => {};
    await region.cinder.poll(region.round);
    expect(Object.keys(region.known())).toEqual(["openstack/volume/v1", "openstack/volume/v2"]);
    await region.end();
  },
);

test.each(["timeout", "unreachable", "throttled"] as const)(
  "that Octavia or Cinder itself fails (%s) is a failure of the look",
  async (kind) => {
    const api = new StubApi();
    const region = await openRegion(api);
    for (const service of [region.cinder, region.octavia]) await service.full(region.round);
    api.put("/volumes/detail", { id: "x1" });
    api.put("/lbaas/loadbalancers", { id: "x1" });
    failing(api, "/x1", kind);
    for (const service of [region.cinder, region.octavia]) {
      await expect(service.poll(region.round)).rejects.toSatisfy((error) => isApiError(error, kind));
    }
    await region.end();
  },
);

test("a machine, volume or balancer that fails when a hint names it is looked for in the list", async () => {
  const api = new StubApi();
  const hinted = (id: string) => ({ ids: new Set([id]), all: false });
  api.put("/servers/detail", { id: "x1", ...server, status: "ACTIVE" });
  const region = await openRegion(api);
  await region.nova.full(region.round);
  api.put("/servers/detail", { id: "x1", ...server, status: "ERROR" });
  failing(api, "/x1");
  expect(await region.nova.look(new Map([["server", hinted("x1")]]), region.round)).toEqual([]);
  expect(region.known()["vm/x1"]?.attributes.status).toBe("ERROR");
  const list = [{ kind: "everything", id: undefined }];
  expect(await region.cinder.look?.(new Map([["volume", hinted("x1")]]), region.round)).toEqual(list);
  expect(await region.octavia.look?.(new Map([["load-balancer", hinted("x1")]]), region.round)).toEqual(list);
  await region.end();
});

test("no id leads to another path", async () => {
  expect(objectPath("/volumes", "a/../b?c#d")).toBe("/volumes/a%2F..%2Fb%3Fc%23d");
  for (const id of ["", ".", ".."]) expect(() => objectPath("/volumes", id)).toThrow("no object has the id");
  const api = new StubApi();
  const region = await openRegion(api);
  for (const service of [region.cinder, region.octavia]) await service.full(region.round);
  // As a list may tell them: texts of any kind.
  for (const id of ["..", "."]) {
    api.put("/volumes/detail", { id });
    api.put("/lbaas/loadbalancers", { id });
    api.put("/servers/detail", { id: `s${id}`, tenant_id: `../${id}` });
  }
  api.put("/servers/detail", { id: "s", tenant_id: ".." });
  api.asked.length = 0;
  for (const service of [region.cinder, region.octavia]) await service.poll(region.round);
  await region.nova.full(region.round);
  for (let look = 0; look < 3; look++) await region.nova.poll(region.round);
  const paths = api.asked.map(({ path }) => path).filter((path) => path !== "/../");
  expect(paths.filter((path) => path.startsWith("/os-quota-sets/")).toSorted()).toEqual([
    "/os-quota-sets/..%2F.",
    "/os-quota-sets/..%2F..",
  ]);
  for (const path of paths) expect(new URL(`http://cloud/v3${path}`).pathname).toBe(`/v3${path}`);
  await region.end();
});
