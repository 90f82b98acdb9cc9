import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Lifetime } from "../../../core/lifetime.ts";
import { type FakeOpenStack, startFakeOpenStack } from "../../fakes/openstack/start.ts";
import { SetClock } from "../../topology/fakes.ts";
import { BEGAN_AT } from "../small-cloud.ts";
import { ask, clientOf, passwordBody, signIn, type TestClient } from "./client.ts";

const lifetime = new Lifetime();
let fake: FakeOpenStack;
let client: TestClient;
let member: TestClient;
beforeAll(async () => {
  fake = await startFakeOpenStack({ clock: new SetClock(BEGAN_AT), size: { hosts: 12, vmsPerHost: 6 } }, lifetime);
  client = await clientOf(fake);
  member = await clientOf(fake, { user: "member" });
});
beforeEach(() => fake.journal.clear());
afterAll(() => lifetime.end());

const compute = (path: string) => `${client.url("compute")}${path}`;
const network = (path: string) => `${client.url("network")}/v2.0${path}`;
const placement = (path: string) => `${client.url("placement")}${path}`;
const version = (text: string) => ({ "openstack-api-version": `compute ${text}` });

describe("a query", () => {
  test.each([
    ["/servers/detail", "2.75"],
    ["/flavors/detail", "2.75"],
    ["/os-services", "2.75"],
    ["/os-aggregates", "2.75"],
    ["/os-hypervisors/detail", "2.53"],
  ])("of Nova's %s may name nothing unknown from %s on; before, it was passed over", async (path, since) => {
    const refused = await client.get(compute(`${path}?nonsense=1`), version(since));
    expect([refused.status, refused.body]).toEqual([
      400,
      { badRequest: { code: 400, message: "Additional properties are not allowed ('nonsense' was unexpected)" } },
    ]);
    const [major, minor] = since.split(".").map(Number);
    const before = await client.get(compute(`${path}?nonsense=1`), version(`${major}.${(minor ?? 0) - 1}`));
    expect(before.status).toBe(200);
    expect(fake.journal.violations.map(({ what }) => what)).toEqual([
      ...["unknown query parameter 'nonsense'", "unknown query parameter 'nonsense'"],
    ]);
  });

  test("of Neutron may filter by what there is; of Queens, anything else had no effect", async () => {
    const refused = await client.get(network("/ports?nonsense=1"));
    expect([refused.status, refused.body.NeutronError.message]).toEqual([
      400,
      "['nonsense'] is invalid attribute for filtering",
    ]);
    fake.switches().release("queens");
    const passed = await client.get(network("/ports?nonsense=1"));
    fake.switches().release("2024.1");
    expect(passed.body.ports.length).toBeGreaterThan(20);
    expect(fake.journal.violations.length).toBe(2);
  });

  test.each([
    ["/servers?limit=many", 400],
    ["/servers?changes-since=yesterday", 400],
    ["/servers?ip=10.0.0.1", 501],
  ])("of Nova, %s, is %i", async (path, status) => {
    expect((await client.get(compute(path), version("2.88"))).status).toBe(status);
  });

  test.each(["/ports?limit=-1", "/ports?limit=many", "/ports?sort_key=id", "/ports?sort_key=nonsense&sort_dir=asc"])(
    "of Neutron, %s, is refused",
    async (path) => {
      const reply = await client.get(network(path));
      expect(reply.status).toBe(400);
      expect(reply.body.NeutronError.message).not.toBe("");
    },
  );

  test("of Placement names what it knows", async () => {
    const reply = await client.get(placement("/resource_providers?nonsense=1"));
    expect(reply.status).toBe(400);
    expect(reply.body.errors[0].detail).toContain("Additional properties are not allowed ('nonsense' was unexpected)");
  });

  test.each([
    ["member_of", "in:9d5e6f8c-0000-4000-8000-000000000000", "1.2", "1.3"],
    ["in_tree", "9d5e6f8c-0000-4000-8000-000000000000", "1.13", "1.14"],
    ["required", "MISC_SHARES_VIA_AGGREGATE", "1.17", "1.18"],
  ])("of Placement, %s, comes with a microversion", async (name, value, before, since) => {
    const ask = (microversion: string) =>
      client.get(placement(`/resource_providers?${name}=${value}`), {
        "openstack-api-version": `placement ${microversion}`,
      });
    expect((await ask(before)).status).toBe(400);
    const { status, body } = await ask(since);
    expect([status, body.resource_providers]).toEqual([200, []]);
  });

  test("of Placement that name no trait or no UUID are refused, with a code from 1.23 on", async () => {
    const ask = (query: string, microversion: string) =>
      client.get(placement(`/resource_providers?${query}`), { "openstack-api-version": `placement ${microversion}` });
    for (const query of ["required=NONSENSE", "member_of=in:somewhere"]) {
      const [before, since] = [await ask(query, "1.22"), await ask(query, "1.23")];
      expect([before.status, since.status]).toEqual([400, 400]);
      expect(before.body.errors[0].code).toBeUndefined();
      expect(since.body.errors[0].code).toBe("placement.undefined_code");
    }
  });
});

describe("Neutron's lists", () => {
  test("give the fields that are asked for, and those that pass the filters", async () => {
    const all = (await client.get(network("/ports"))).body.ports;
    const { ports } = (await client.get(network("/ports?fields=id&fields=device_owner&device_owner=network:dhcp")))
      .body;
    const expected = all.filter((port: { device_owner: string }) => port.device_owner === "network:dhcp");
    expect(ports.length).toBeGreaterThan(0);
    expect(ports).toEqual(expected.map(({ id, device_owner }: Record<string, string>) => ({ id, device_owner })));
  });

  test("are in the order that is asked for", async () => {
    const { networks } = (await client.get(network("/networks?sort_key=name&sort_dir=desc"))).body;
    const names = networks.map(({ name }: { name: string }) => name);
    expect(names).toEqual(names.toSorted().toReversed());
    const { ports } = (await client.get(network("/ports?sort_key=mac_address&sort_dir=asc&limit=5"))).body;
    const macs = ports.map((port: { mac_address: string }) => port.mac_address);
    expect(macs).toEqual(macs.toSorted());
    expect(macs.length).toBe(5);
  });

  test("of one port by its address", async () => {
    const all = (await client.get(network("/ports"))).body.ports;
    const [{ id, fixed_ips }] = all;
    const filter = `network_id=${all[0].network_id}&fixed_ips=ip_address%3D${fixed_ips[0].ip_address}`;
    expect((await client.get(network(`/ports?${filter}`))).body.ports.map((port: { id: string }) => port.id)).toEqual([
      id,
    ]);
    expect((await client.get(network(`/ports/${id}`))).body.port.id).toBe(id);
  });
});

test("Octavia's list has pages and fields, and refuses a marker that is not there", async () => {
  const url = `${client.url("load-balancer")}/v2.0/lbaas/loadbalancers`;
  const [{ id }] = (await client.get(url)).body.loadbalancers;
  const page = (await client.get(`${url}?limit=1&fields=id`)).body;
  expect(page.loadbalancers).toEqual([{ id }]);
  const next = page.loadbalancers_links.find(({ rel }: { rel: string }) => rel === "next").href;
  expect((await client.get(next)).body.loadbalancers).toEqual([]);
  expect((await client.get(`${url}?marker=nonsense`)).body).toMatchObject({ faultcode: "Client" });
  expect((await client.get(`${url}?limit=many`)).status).toBe(400);
});

describe("a caller", () => {
  test.each([
    ["no token", undefined],
    ["a token that nobody gave", "gAAAAABnonsense"],
  ])("with %s is turned away everywhere", async (_what, token) => {
    const headers: Record<string, string> = token === undefined ? {} : { "x-auth-token": token };
    for (const url of [
      ...[compute("/servers"), network("/ports"), placement("/resource_providers"), `${fake.authUrl()}/projects`],
      ...[`${client.url("volumev3")}/volumes`, `${client.url("image")}/v2/images`],
      `${client.url("load-balancer")}/v2.0/lbaas/loadbalancers`,
    ]) {
      const reply = await ask(url, { headers });
      expect([url, reply.status, reply.body.error?.message]).toEqual([
        ...[url, 401, "The request you have made requires authentication."],
      ]);
    }
    expect(fake.journal.violations.length).toBe(token === undefined ? 7 : 0);
  });

  test("who is no administrator sees what is its project's, and nothing of hosts", async () => {
    const project = fake.credentials(0, "member").projectId;
    const servers = (await member.get(compute("/servers/detail"), version("2.88"))).body.servers;
    expect(servers.length).toBeGreaterThan(0);
    expect(servers.every(({ tenant_id }: { tenant_id: string }) => tenant_id === project)).toBe(true);
    expect(Object.keys(servers[0])).not.toContain("OS-EXT-SRV-ATTR:host");
    const ports = (await member.get(network("/ports"))).body.ports;
    expect(ports.length).toBeGreaterThan(0);
    expect(ports.every(({ project_id }: { project_id: string }) => project_id === project)).toBe(true);
    expect(Object.keys(ports[0])).not.toContain("binding:host_id");
    const networks = (await member.get(network("/networks"))).body.networks;
    expect(networks.some((each: Record<string, unknown>) => each["router:external"] === true)).toBe(true);
    expect(Object.keys(networks[0])).not.toContain("provider:network_type");
    expect((await member.get(network("/agents"))).body).toEqual({ agents: [] });
    expect((await member.get(network("/network-ip-availabilities"))).body).toEqual({ network_ip_availabilities: [] });
    for (const path of ["/servers/detail?all_tenants=1", "/os-hypervisors/detail", "/os-services", "/os-aggregates"]) {
      const reply = await member.get(compute(path), version("2.88"));
      expect([path, reply.status]).toEqual([path, 403]);
      expect(reply.body.forbidden.message).toMatch(/^Policy doesn't allow os_compute_api:/);
    }
    expect((await member.get(placement("/resource_providers"))).body.errors[0].status).toBe(403);
    expect((await member.get(`${fake.authUrl()}/projects`)).body.error.code).toBe(403);
    const volumes = (await member.get(`${member.url("volumev3")}/volumes/detail?all_tenants=1`)).body.volumes;
    const owner = "os-vol-tenant-attr:tenant_id";
    expect(volumes.every((volume: Record<string, unknown>) => volume[owner] === project)).toBe(true);
  });

  test.each([
    ["a wrong password", (body: Body) => Object.assign(body.auth.identity.password.user, { password: "no" })],
    ["an unknown name", (body: Body) => Object.assign(body.auth.identity.password.user, { name: "no" })],
    ["another domain", (body: Body) => Object.assign(body.auth.identity.password.user, { domain: { id: "no" } })],
    ["a project not its own", (body: Body) => Object.assign(body.auth, { scope: { project: { id: "no" } } })],
  ])("with %s gets the same answer as any other", async (_what, change) => {
    const body = passwordBody(fake.credentials()) as Body;
    change(body);
    const reply = await signIn(fake.authUrl(), body);
    expect([reply.status, reply.body]).toEqual([
      401,
      { error: { code: 401, title: "Unauthorized", message: "The request you have made requires authentication." } },
    ]);
  });

  test("may sign in with an application credential, which brings its project", async () => {
    const { applicationCredential, projectId } = fake.credentials();
    const identity = { methods: ["application_credential"], application_credential: applicationCredential };
    const reply = await signIn(fake.authUrl(), { auth: { identity } });
    expect(reply.status).toBe(201);
    expect(reply.body.token).toMatchObject({ methods: ["application_credential"], project: { id: projectId } });
    const scoped = await signIn(fake.authUrl(), { auth: { identity, scope: { project: { id: projectId } } } });
    expect(scoped.status).toBe(401);
    const wrong = { ...applicationCredential, secret: "no" };
    const refused = await signIn(fake.authUrl(), {
      auth: { identity: { ...identity, application_credential: wrong } },
    });
    expect(refused.status).toBe(401);
  });

  test("may have the whole system as its scope, which Nova takes until it does not", async () => {
    const reply = await signIn(fake.authUrl(), passwordBody(fake.credentials(), { system: { all: true } }));
    expect(reply.body.token.system).toEqual({ all: true });
    expect(reply.body.token.project).toBeUndefined();
    const headers = { "x-auth-token": reply.headers.get("x-subject-token") ?? "", ...version("2.60") };
    expect((await ask(compute("/os-services"), { headers })).status).toBe(403);
    fake.switches().release("train");
    expect((await ask(compute("/os-services"), { headers })).status).toBe(200);
    fake.switches().release("2024.1");
  });

  test("may not ask for one project with the token of another", async () => {
    const reply = await client.get(compute("/0123456789abcdef0123456789abcdef/servers"));
    expect([reply.status, reply.body.badRequest.message]).toEqual([400, "Malformed request url"]);
  });
});

interface Body {
  readonly auth: { readonly identity: { readonly password: { readonly user: object } } };
}

describe("a reader", () => {
  test.each(["POST", "PUT", "DELETE", "PATCH"])(
    "that writes with %s is refused, and it is put down",
    async (method) => {
      const headers = { "x-auth-token": client.token };
      const urls = [
        compute("/servers"),
        network("/ports"),
        placement("/resource_providers"),
        `${fake.authUrl()}/projects`,
      ];
      for (const url of [...urls, `${client.url("volumev3")}/volumes`, `${client.url("image")}/v2/images`]) {
        const reply = await ask(url, { method, headers });
        expect([url, [403, 405].includes(reply.status)]).toEqual([url, true]);
      }
      expect(fake.journal.violations.map(({ what }) => what)).toEqual(
        Array.from({ length: 6 }, () => `${method} would change something`),
      );
    },
  );

  test("may give its token back", async () => {
    const own = await clientOf(fake);
    const headers = { "x-auth-token": own.token, "x-subject-token": own.token };
    expect((await ask(`${fake.authUrl()}/auth/tokens`, { method: "DELETE", headers })).status).toBe(204);
    expect((await own.get(compute("/servers"))).status).toBe(401);
    expect(fake.journal.violations).toEqual([]);
  });

  test("that asks where nothing is, is put down", async () => {
    const origin = new URL(fake.authUrl()).origin;
    expect((await ask(`${origin}/nowhere`)).status).toBe(404);
    expect(fake.journal.violations.map(({ what }) => what)).toEqual(["nothing is there"]);
    expect((await client.get(network("/nowhere"))).body).toMatchObject({ code: "404 Not Found", title: "Not Found" });
  });
});

test("the journal has each request with what became of it", async () => {
  await client.get(compute("/servers?limit=1"), version("2.60"));
  await ask(network("/ports"));
  expect(fake.journal.entries).toEqual([
    {
      ...{ at: BEGAN_AT, cluster: 0, service: "compute", method: "GET", path: "/v2.1/servers", query: "limit=1" },
      ...{ microversion: "2.60", status: 200 },
    },
    {
      ...{ at: BEGAN_AT, cluster: 0, service: "network", method: "GET", path: "/v2.0/ports", query: "" },
      ...{ microversion: undefined, status: 401 },
    },
  ]);
});
