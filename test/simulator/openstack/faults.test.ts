import { get as httpsGet } from "node:https";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { epochMsOf } from "../../../core/clock.ts";
import { Lifetime } from "../../../core/lifetime.ts";
import { type FakeOpenStack, startFakeOpenStack } from "../../fakes/openstack/start.ts";
import { SetClock } from "../../topology/fakes.ts";
import { BEGAN_AT } from "../small-cloud.ts";
import { clientOf, passwordBody, signIn, type TestClient } from "./client.ts";

let lifetime: Lifetime;
let clock: SetClock;
let fake: FakeOpenStack;
let client: TestClient;
beforeEach(async () => {
  lifetime = new Lifetime();
  clock = new SetClock(BEGAN_AT);
  fake = await startFakeOpenStack({ clock, size: { hosts: 12, clusters: 2 } }, lifetime);
  client = await clientOf(fake);
});
afterEach(() => lifetime.end());

const servers = () => `${client.url("compute")}/servers/detail?all_tenants=1`;
const ports = () => `${client.url("network")}/v2.0/ports`;

describe("one that fails", () => {
  test("says so in the words of each service", async () => {
    fake.switches().fail500();
    const nova = await client.get(servers());
    expect(nova.status).toBe(500);
    expect(nova.body.computeFault.message).toMatch(/^Unexpected API Error\. Please report this at/);
    const neutron = await client.get(ports());
    expect([neutron.status, neutron.body]).toEqual([
      500,
      {
        NeutronError: {
          type: "HTTPInternalServerError",
          message: "Request Failed: internal server error while processing your request.",
          detail: "",
        },
      },
    ]);
    const placement = await client.get(`${client.url("placement")}/resource_providers`);
    expect(placement.body.errors[0]).toMatchObject({ status: 500, title: "Internal Server Error" });
    const keystone = await signIn(fake.authUrl(), passwordBody(fake.credentials()));
    expect(keystone.body.error).toMatchObject({ code: 500, title: "Internal Server Error" });
    fake.switches().heal();
    expect((await client.get(servers())).status).toBe(200);
  });

  test("fails where it is told to, and as often", async () => {
    fake.switches().faults({ kind: "error", status: 500, services: ["network"], path: "/v2.0/ports", times: 2 });
    expect((await client.get(ports())).status).toBe(500);
    expect((await client.get(servers())).status).toBe(200);
    expect((await client.get(`${client.url("network")}/v2.0/networks`)).status).toBe(200);
    expect((await client.get(ports())).status).toBe(500);
    expect((await client.get(ports())).status).toBe(200);
  });

  test("takes no token any more, and gives none, until it is well again", async () => {
    fake.switches().refuseTokens();
    expect((await client.get(servers())).status).toBe(401);
    const refused = await signIn(fake.authUrl(), passwordBody(fake.credentials()));
    expect([refused.status, refused.body.error.code]).toEqual([401, 401]);
    fake.switches().heal();
    expect((await (await clientOf(fake)).get(servers())).status).toBe(200);
  });

  test("does not disturb another cluster", async () => {
    fake.switches(0).fail500();
    const other = await clientOf(fake, { cluster: 1 });
    expect((await other.get(`${other.url("compute")}/servers`)).status).toBe(200);
  });

  test.each([429, 503] as const)("is busy with %i, and says for how long", async (status) => {
    fake.switches().faults({ kind: "busy", status, retryAfterSeconds: 7 });
    const reply = await client.get(servers());
    expect([reply.status, reply.headers.get("retry-after")]).toEqual([status, "7"]);
  });

  test("is behind a proxy that answers in HTML", async () => {
    fake.switches().faults({ kind: "error", status: 502 });
    const reply = await client.get(ports());
    expect([reply.status, reply.headers.get("content-type")]).toEqual([502, "text/html"]);
    expect(reply.body).toContain("502 Bad Gateway");
  });

  test("forgets a marker", async () => {
    const [first] = (await client.get(ports())).body.ports;
    fake.switches().faults({ kind: "marker-gone" });
    expect((await client.get(`${ports()}?limit=2`)).status).toBe(200);
    expect((await client.get(`${ports()}?limit=2&marker=${first.id}`)).body.NeutronError.type).toBe("PortNotFound");
  });
});

describe("one that does not answer as it should", () => {
  test("is slow", async () => {
    fake.switches().slow(300);
    const began = performance.now();
    expect((await client.get(servers())).status).toBe(200);
    expect(performance.now() - began).toBeGreaterThan(290);
  });

  test("takes a request and never answers: it is written down without a status, and ends with the server", async () => {
    fake.switches().hang();
    const asked = client.get(ports());
    const ending = new AbortController();
    const timer = setTimeout(() => ending.abort(), 200);
    const winner = await Promise.race([
      asked.then(() => "answered"),
      new Promise((resolve) => ending.signal.addEventListener("abort", () => resolve("nothing"))),
    ]);
    clearTimeout(timer);
    expect(winner).toBe("nothing");
    expect(fake.journal.entries.at(-1)).toMatchObject({ path: "/v2.0/ports", status: undefined });
    const refused = expect(asked).rejects.toThrow();
    await lifetime.end();
    await refused;
  });

  test("ends a body in its middle", async () => {
    fake.switches().faults({ kind: "truncated" });
    await expect(client.get(ports())).rejects.toThrow(/terminated/);
  });

  test("sends what is no JSON", async () => {
    fake.switches().faults({ kind: "invalid-json" });
    const reply = await client.get(ports());
    expect([reply.status, reply.headers.get("content-type"), typeof reply.body]).toEqual([
      ...[200, "application/json", "string"],
    ]);
  });

  test("resets the connection", async () => {
    fake.switches().faults({ kind: "reset" });
    await expect(client.get(ports())).rejects.toThrow("fetch failed");
  });
});

describe("a token", () => {
  test("ends at its time, by the clock", async () => {
    clock.set(epochMsOf(BEGAN_AT + 3_599_000));
    expect((await client.get(servers())).status).toBe(200);
    clock.set(epochMsOf(BEGAN_AT + 3_600_000));
    for (const url of [servers(), ports(), `${fake.authUrl()}/projects`]) {
      const reply = await client.get(url);
      expect([url, reply.status, reply.body]).toEqual([
        url,
        401,
        {
          error: { code: 401, title: "Unauthorized", message: "The request you have made requires authentication." },
        },
      ]);
      expect(reply.headers.get("www-authenticate")).toMatch(/^Keystone uri="http:\/\/127\.0\.0\.1:\d+\/identity"$/);
    }
  });

  test("can be made worthless at once; signing in gives another", async () => {
    fake.switches().expireTokens();
    expect((await client.get(servers())).status).toBe(401);
    client = await clientOf(fake);
    expect((await client.get(servers())).status).toBe(200);
  });

  test("lives as long as it is told to", async () => {
    fake.switches().tokenLife(5_000);
    const short = await clientOf(fake);
    clock.set(epochMsOf(BEGAN_AT + 5_000));
    expect((await short.get(servers())).status).toBe(401);
    expect((await client.get(servers())).status).toBe(200);
  });

  test("of one cluster opens nothing of another", async () => {
    const other = await clientOf(fake, { cluster: 1 });
    expect((await client.get(`${other.url("compute")}/servers`)).status).toBe(401);
  });
});

describe("over TLS", () => {
  /** The error's code; undefined when it was answered. */
  const refusedWith = (url: string, authority: string): Promise<string | undefined> =>
    new Promise((resolve) => {
      const options = { ca: authority, agent: false } as const;
      const request = httpsGet(url, options, (reply) => {
        reply.resume();
        resolve(undefined);
      });
      request.on("error", (error) => resolve("code" in error ? String(error.code) : error.message));
    });

  test("a certificate is right for its authority, or another's, or for another name", async () => {
    const secure = await startFakeOpenStack({ clock, tls: true }, lifetime);
    const authority = secure.authority ?? "";
    const url = secure.authUrl();
    expect(url).toMatch(/^https:/);
    expect(await refusedWith(url, authority)).toBeUndefined();
    secure.switches().wrongCertificate();
    expect(await refusedWith(url, authority)).toBe("ERR_TLS_CERT_ALTNAME_INVALID");
    secure.switches().strangeCertificate();
    expect(await refusedWith(url, authority)).toMatch(/SELF_SIGNED|UNABLE_TO/);
    secure.switches().rightCertificate();
    expect(await refusedWith(url, authority)).toBeUndefined();
  });
});

describe("what may be missing", () => {
  test("a service is in no catalogue, and not there", async () => {
    const place = client.url("placement");
    fake.switches().missingServices("placement", "volume");
    const reply = await signIn(fake.authUrl(), passwordBody(fake.credentials()));
    const types = reply.body.token.catalog.map(({ type }: { type: string }) => type);
    expect(types).toEqual(["identity", "compute", "network", "image", "load-balancer"]);
    expect((await client.get(`${place}/resource_providers`)).status).toBe(404);
  });

  test("an extension of Neutron takes its attributes and its lists with it", async () => {
    const network = `${client.url("network")}/v2.0`;
    fake.switches().missingExtensions("standard-attr-timestamp", "network-ip-availability", "quota_details");
    const [port] = (await client.get(`${network}/ports`)).body.ports;
    expect(Object.keys(port)).not.toContain("updated_at");
    expect(Object.keys(port)).toContain("revision_number");
    expect((await client.get(`${network}/network-ip-availabilities`)).status).toBe(404);
    expect((await client.get(`${network}/quotas/abc/details.json`)).status).toBe(404);
    const aliases = (await client.get(`${network}/extensions`)).body.extensions.map(
      (each: { alias: string }) => each.alias,
    );
    expect(aliases).not.toContain("network-ip-availability");
    expect(aliases).toContain("agent");
  });

  test("a cell: from 2.69 on little is known of its servers and hosts, before they are left out", async () => {
    const at = async (path: string, version: string) =>
      (await client.get(`${client.url("compute")}${path}`, { "openstack-api-version": `compute ${version}` })).body;
    const all = (await at("/servers/detail?all_tenants=1", "2.88")).servers.length;
    fake.switches().set({ cellDown: true });
    const now = (await at("/servers/detail?all_tenants=1", "2.88")).servers;
    const lost = now.filter(({ status }: { status: string }) => status === "UNKNOWN");
    expect(now.length).toBe(all);
    expect(lost.length).toBeGreaterThan(0);
    expect(Object.keys(lost[0]).toSorted()).toEqual(["created", "id", "links", "status", "tenant_id"]);
    expect((await at("/servers/detail?all_tenants=1", "2.68")).servers.length).toBe(all - lost.length);
    const services = (await at("/os-services", "2.88")).services;
    const unknown = services.filter(({ status }: { status: string }) => status === "UNKNOWN");
    expect(unknown.length).toBeGreaterThan(0);
    expect(Object.keys(unknown[0]).toSorted()).toEqual(["binary", "host", "status"]);
  });
});
