import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { epochMsOf } from "../../../core/clock.ts";
import { Lifetime } from "../../../core/lifetime.ts";
import { portNumber } from "../../../simulator/cloud/addresses.ts";
import { portUuid, vmUuid } from "../../../simulator/cloud/identity.ts";
import { hasVolume, volumeUuid } from "../../../simulator/openstack/volumes.ts";
import { type FakeOpenStack, startFakeOpenStack } from "../../fakes/openstack/start.ts";
import { SetClock } from "../../topology/fakes.ts";
import { BEGAN_AT } from "../small-cloud.ts";
import { clientOf, type Reply, type TestClient } from "./client.ts";

const clock = new SetClock(BEGAN_AT);
const lifetime = new Lifetime();
let fake: FakeOpenStack;
let client: TestClient;
beforeAll(async () => {
  fake = await startFakeOpenStack({ clock, size: { hosts: 12, vmsPerHost: 5 } }, lifetime);
  client = await clientOf(fake);
});
afterAll(() => lifetime.end());

const MOST_IDS = 2_000;

interface Listing {
  readonly what: string;
  readonly url: () => string;
  readonly name: string;
  readonly key: string;
  readonly headers: Record<string, string>;
}

const LISTINGS: readonly Listing[] = [
  {
    what: "servers",
    url: () => `${client.url("compute")}/servers/detail?all_tenants=1`,
    ...{ name: "servers", key: "id", headers: { "openstack-api-version": "compute 2.88" } },
  },
  {
    what: "hypervisors",
    url: () => `${client.url("compute")}/os-hypervisors/detail`,
    ...{ name: "hypervisors", key: "id", headers: { "openstack-api-version": "compute 2.88" } },
  },
  {
    what: "volumes",
    url: () => `${client.url("volumev3")}/volumes/detail?all_tenants=1`,
    ...{ name: "volumes", key: "id", headers: {} },
  },
  { what: "ports", url: () => `${client.url("network")}/v2.0/ports`, name: "ports", key: "id", headers: {} },
  { what: "networks", url: () => `${client.url("network")}/v2.0/networks`, name: "networks", key: "id", headers: {} },
  { what: "agents", url: () => `${client.url("network")}/v2.0/agents`, name: "agents", key: "id", headers: {} },
  { what: "images", url: () => `${client.url("image")}/v2/images`, name: "images", key: "id", headers: {} },
];

async function pageAt(
  listing: Listing,
  url: string,
): Promise<{ ids: string[]; next: string | undefined; reply: Reply }> {
  const reply = await client.get(url, listing.headers);
  expect(reply.status).toBe(200);
  const ids = reply.body[listing.name].map((each: Record<string, string>) => each[listing.key]);
  const links: { rel: string; href: string }[] = reply.body[`${listing.name}_links`] ?? [];
  const own = links.find(({ rel }) => rel === "next")?.href;
  const path: string | undefined = reply.body.next;
  return { reply, ids, next: own ?? (path === undefined ? undefined : `${client.url("image")}${path}`) };
}

/** `between`: called after each page, with the id it ended with. */
async function paged(
  listing: Listing,
  limit: number,
  between: (last: string | undefined) => void = () => {},
): Promise<string[]> {
  const first = listing.url();
  const ids: string[] = [];
  for (let url: string | undefined = `${first}${first.includes("?") ? "&" : "?"}limit=${limit}`; url !== undefined; ) {
    const page = await pageAt(listing, url);
    expect(page.ids.length).toBeLessThanOrEqual(limit);
    ids.push(...page.ids);
    // Pages that begin at their marker would never end.
    expect(ids.length).toBeLessThan(MOST_IDS);
    url = page.next;
    between(page.ids.at(-1));
  }
  return ids;
}

describe.each(LISTINGS)("pages of $what", (listing) => {
  test("are, one after the other, the whole list", async () => {
    const whole = (await pageAt(listing, listing.url())).ids;
    expect(whole.length).toBeGreaterThan(3);
    expect(new Set(whole).size).toBe(whole.length);
    for (const limit of [1, 2, 3, 7, whole.length, whole.length + 1])
      expect(await paged(listing, limit)).toEqual(whole);
  });
});

/** A machine comes or goes; not the one whose server, port or volume is the marker: that page is refused. */
function churn(draw: number, marker: string | undefined): void {
  clock.set(epochMsOf(clock.now() + 1_000));
  const { cloud } = fake;
  const isMarker = (vm: number) =>
    [
      vmUuid(cloud, vm),
      portUuid(cloud, vm),
      portUuid(cloud, portNumber("floating", vm / 50)),
      volumeUuid(cloud, vm),
    ].some((id) => id === marker);
  const vms = [...cloud.vms.keys()].filter((vm) => !isMarker(vm));
  const [mesh] = fake.cloud.meshes;
  const pick = <T>(list: readonly T[]) => list[draw % list.length] as T;
  if (draw % 2 === 0 && vms.length > 30) fake.perform({ kind: "delete", vm: pick(vms) });
  else {
    const vm = Math.max(fake.cloud.firstNewVm, ...vms) + 1;
    fake.perform({ kind: "boot", vm, host: pick(mesh?.computeNodes ?? []), network: draw % 3, flavor: draw % 5 });
  }
}

describe("while machines come and go between two pages", () => {
  const moving = LISTINGS.filter(({ what }) => ["servers", "volumes", "ports"].includes(what));
  test.each(moving)("$what that were there all along are each listed once, and nothing is twice", async (listing) => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 9 }),
        fc.array(fc.nat({ max: 1_000 }), { minLength: 1, maxLength: 12 }),
        async (limit, draws) => {
          const before = (await pageAt(listing, listing.url())).ids;
          const moves = [...draws];
          const ids = await paged(listing, limit, (last) => {
            const draw = moves.pop();
            if (draw !== undefined) churn(draw, last);
          });
          const after = new Set((await pageAt(listing, listing.url())).ids);
          expect(new Set(ids).size).toBe(ids.length);
          expect(before.filter((id) => after.has(id) && !ids.includes(id))).toEqual([]);
        },
      ),
      { numRuns: 12 },
    );
  });

  test("a deleted server leaves the others in their places", async () => {
    const [listing] = LISTINGS as [Listing];
    const whole = (await pageAt(listing, listing.url())).ids;
    const gone = whole.slice(6, 8);
    const entries = gone.map((id) => fake.cluster().estate.servers.get(id)?.number ?? -1);
    let page = 0;
    const ids = await paged(listing, 4, () => {
      if (page++ !== 0) return;
      for (const vm of entries) expect(fake.perform({ kind: "delete", vm })).toBe(true);
    });
    expect(ids).toEqual(whole.filter((id) => !gone.includes(id)));
  });

  test("a page after a server that has gone is refused, and after its port and its volume too", async () => {
    const { cloud } = fake;
    const vm = [...cloud.vms.keys()].find((each) => hasVolume(each)) ?? 0;
    const [server, port, volume] = [vmUuid(cloud, vm), portUuid(cloud, vm), volumeUuid(cloud, vm)];
    const serversUrl = `${client.url("compute")}/servers/detail?all_tenants=1&limit=2&marker=${server}`;
    const portsUrl = `${client.url("network")}/v2.0/ports?limit=2&marker=${port}`;
    const volumesUrl = `${client.url("volumev3")}/volumes/detail?all_tenants=1&limit=2&marker=${volume}`;
    for (const url of [serversUrl, portsUrl, volumesUrl]) expect((await client.get(url)).status).toBe(200);
    expect(fake.perform({ kind: "delete", vm })).toBe(true);
    const servers = await client.get(serversUrl);
    expect([servers.status, servers.body]).toEqual([
      400,
      { badRequest: { code: 400, message: `marker [${server}] not found` } },
    ]);
    const ports = await client.get(portsUrl);
    expect([ports.status, ports.body.NeutronError.type]).toEqual([404, "PortNotFound"]);
    const volumes = await client.get(volumesUrl);
    expect([volumes.status, volumes.body.itemNotFound.code]).toEqual([404, 404]);
  });
});

describe("Neutron's links", () => {
  const portsUrl = (query: string) => `${client.url("network")}/v2.0/ports?${query}`;
  const linkOf = (reply: Reply, rel: string): string | undefined =>
    (reply.body.ports_links ?? []).find((link: { rel: string }) => link.rel === rel)?.href;

  test("lead back, page by page, with the same ports", async () => {
    const first = await client.get(portsUrl("limit=5"));
    const second = await client.get(linkOf(first, "next") ?? "");
    const back = await client.get(linkOf(second, "previous") ?? "");
    expect(back.body.ports).toEqual(first.body.ports);
  });

  test("offer a next page after one that is full, though it is the last, and a previous one of the first", async () => {
    const count = (await client.get(portsUrl("fields=id"))).body.ports.length;
    const full = await client.get(portsUrl(`limit=${count}&fields=id`));
    expect(linkOf(full, "next")).toBeDefined();
    expect(linkOf(full, "previous")).toBeDefined();
    const empty = await client.get(linkOf(full, "next") ?? "");
    expect([empty.body.ports, linkOf(empty, "next")]).toEqual([[], undefined]);
  });

  test("are not there where pages are switched off: the list is whole, whatever the limit", async () => {
    fake.switches().set({ networkPages: false });
    const whole = await client.get(portsUrl("limit=2"));
    fake.switches().set({ networkPages: true });
    expect(whole.body.ports.length).toBeGreaterThan(20);
    expect(whole.body.ports_links).toBeUndefined();
  });
});

test("a service gives pages no longer than it likes, whatever is asked for", async () => {
  const { compute, ...others } = { compute: 3, network: 4, volume: 1_000, image: 1_000 };
  fake.switches().set({ mostPerPage: { compute, ...others } });
  const servers = await client.get(`${client.url("compute")}/servers/detail?all_tenants=1&limit=1000`);
  const ports = await client.get(`${client.url("network")}/v2.0/ports`);
  fake.switches().set({ mostPerPage: { compute: 1_000, network: 1e9, volume: 1_000, image: 1_000 } });
  expect([servers.body.servers.length, servers.body.servers_links.length]).toEqual([3, 1]);
  expect([ports.body.ports.length, ports.body.ports_links.length]).toEqual([4, 2]);
});
