import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Lifetime } from "../../../core/lifetime.ts";
import { startFakeOpenStack } from "../../fakes/openstack/start.ts";
import { SetClock } from "../../topology/fakes.ts";
import { BEGAN_AT } from "../small-cloud.ts";
import { ask, clientOf, passwordBody, signIn } from "./client.ts";

let lifetime: Lifetime;
beforeEach(() => {
  lifetime = new Lifetime();
});
afterEach(() => lifetime.end());

describe("signing in", () => {
  test("with a password gives a token, and where everything is", async () => {
    const fake = await startFakeOpenStack({ size: { regionsPerCluster: 2, hosts: 100, hostsPerRack: 10 } }, lifetime);
    const reply = await signIn(fake.authUrl(), passwordBody(fake.credentials()));
    expect(reply.status).toBe(201);
    expect(reply.headers.get("x-subject-token")).toMatch(/^gAAAA/);
    const { token } = reply.body;
    expect(token.methods).toEqual(["password"]);
    expect(token.roles.map(({ name }: { name: string }) => name)).toContain("admin");
    expect(token.project).toMatchObject({ name: "admin", domain: { id: "default", name: "Default" } });
    expect(Date.parse(token.expires_at)).toBeGreaterThan(Date.parse(token.issued_at));
    const byType = new Map(token.catalog.map((each: { type: string }) => [each.type, each]));
    expect([...byType.keys()]).toEqual([
      ...["identity", "compute", "network", "placement", "volumev3", "image", "load-balancer"],
    ]);
    const network = byType.get("network") as { endpoints: { url: string; region: string; interface: string }[] };
    expect(new Set(network.endpoints.map(({ region }) => region))).toEqual(new Set(["r1", "r2"]));
    expect(new Set(network.endpoints.map((each) => each.interface))).toEqual(new Set(["admin", "internal", "public"]));
    expect(network.endpoints[0]?.url).toMatch(/\/networking\/$/);
  });
});

test("everything that is served answers", async () => {
  const fake = await startFakeOpenStack(
    { clock: new SetClock(BEGAN_AT), fabric: { usedAtFirst: 200, takenPerHour: 4 } },
    lifetime,
  );
  const client = await clientOf(fake);
  const [compute, network, placement] = [client.url("compute"), client.url("network"), client.url("placement")];
  const [volume, image, balancer] = [client.url("volumev3"), client.url("image"), client.url("load-balancer")];
  const v = { "openstack-api-version": "compute 2.88, placement 1.36, volume 3.60" };
  for (const url of [
    `${fake.authUrl()}/projects`,
    `${fake.authUrl()}/domains`,
    `${fake.authUrl()}/regions`,
    fake.authUrl(),
    `${compute}/servers/detail?all_tenants=1`,
    `${compute}/servers`,
    `${compute}/flavors/detail`,
    `${compute}/os-hypervisors/detail?with_servers=true`,
    `${compute}/os-services`,
    `${compute}/os-aggregates`,
    `${compute}/os-availability-zone/detail`,
    `${compute}/limits`,
    `${compute}/os-quota-sets/abc/detail`,
    ...[
      "networks",
      "subnets",
      "ports",
      "routers",
      "floatingips",
      "security-groups",
      "agents",
      "availability_zones",
      "subnetpools",
      "network-ip-availabilities",
      "segments",
      "extensions",
      "quotas/abc/details.json",
    ].map((each) => `${network}/v2.0/${each}`),
    `${placement}/resource_providers`,
    `${volume}/volumes/detail?all_tenants=1`,
    `${volume}/scheduler-stats/get_pools?detail=true`,
    `${volume}/os-services`,
    `${volume}/limits`,
    `${image}/v2/images`,
    `${balancer}/v2.0/lbaas/loadbalancers`,
  ]) {
    const reply = await client.get(url, v);
    expect([url, reply.status, JSON.stringify(reply.body).slice(0, reply.status === 200 ? 0 : 300)]).toEqual([
      url,
      200,
      "",
    ]);
  }
  expect(fake.journal.violations).toEqual([]);
  expect((await ask(`${compute}/servers`)).status).toBe(401);
});
