import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Attributes, type Element, linkOf, type NodeKind } from "../../../core/element.ts";
import { type ElementId, elementIdOf, hostId, interfaceId } from "../../../core/element-id.ts";
import { newFolder, startSite, type TopologySite } from "../../fixtures/topology-site.ts";
import { SetClock } from "../../topology/fakes.ts";

const T0 = 1_700_000_000_000;
const HOUR = 3_600_000;
const UUID = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";
const VM = elementIdOf("vm", UUID);
const MAC = "fa:16:3e:00:00:01";

function node(
  id: ElementId,
  kind: NodeKind,
  fields: { host?: string; parent?: ElementId; attributes?: Attributes } = {},
): Element {
  return { id, kind, name: id.split("/").at(-1) ?? "", cluster: "main", attributes: {}, ...fields };
}

/** A host whose tap holds the VM and whose tunnel leads to the other one. */
function hostElements(host: string, own: string, other: string): readonly Element[] {
  const parent = hostId(host);
  const [tap, vxlan] = [interfaceId(host, undefined, "tap0"), interfaceId(host, undefined, "vxlan0")];
  return [
    node(parent, "host", { host }),
    node(tap, "tap", {
      host,
      parent,
      attributes: { mac: MAC.replace(/.$/, host.slice(-1)), "external_ids.vm-uuid": UUID },
    }),
    node(vxlan, "vxlan", { host, parent, attributes: { local_ip: own, peers: [other] } }),
    linkOf("layer2", tap, vxlan),
  ];
}

describe("search, paths and queries over a recorded story", () => {
  const folder = newFolder();
  const clock = new SetClock(T0);
  let site: TopologySite;

  beforeAll(async () => {
    site = await startSite(folder.path, { clock });
    for (const [host, own, other] of [
      ["c-1", "192.0.2.1", "192.0.2.2"],
      ["c-2", "192.0.2.2", "192.0.2.1"],
    ] as const) {
      await say({ kind: "agent", host }, hostElements(host, own, other));
    }
    await say({ kind: "openstack", cluster: "main" }, [
      node(VM, "vm", { host: "c-1", attributes: { status: "ACTIVE" } }),
    ]);
    clock.set(T0 + HOUR);
    await say({ kind: "agent", host: "c-1" }, [node(hostId("c-1"), "host", { host: "c-1" })]);
    clock.set(T0 + 2 * HOUR);
  });
  afterAll(async () => {
    await site.stop();
    folder.remove();
  });

  type Owner = Parameters<TopologySite["recorder"]["record"]>[0]["owner"];
  async function say(owner: Owner, elements: readonly Element[]): Promise<void> {
    await site.recorder.record({ kind: "full", owner, at: clock.now(), elements });
  }
  const get = async (url: string) => {
    const reply = await site.app.inject({ method: "GET", url: `/api/v1/${url}` });
    return { status: reply.statusCode, body: reply.json() as unknown };
  };
  const ask = async (query: string) => {
    const reply = await site.app.inject({ method: "POST", url: "/api/v1/topology/query", payload: { query } });
    return { status: reply.statusCode, type: reply.headers["content-type"], body: reply.json() as unknown };
  };
  const past = T0 + HOUR / 2;

  test("what is gone is found with its time", async () => {
    const { body } = await get(`search?q=${encodeURIComponent("FA-16-3E-00-00-01")}`);
    expect(body).toEqual({
      hits: [
        {
          cluster: "main",
          id: "host/c-1/if/tap0",
          kind: "tap",
          name: "tap0",
          match: { what: "mac", value: MAC },
          state: "deleted",
          since: T0,
          until: T0 + HOUR,
        },
      ],
      has_more: false,
    });
  });

  test("at a moment it was still there", async () => {
    const { body } = await get(`search?q=${MAC}&at=${past}`);
    expect(body).toMatchObject({
      hits: [{ id: "host/c-1/if/tap0", state: "present", match: { key: "attributes.mac" } }],
    });
  });

  test("a path of the past is found after the host was emptied, and not in the present", async () => {
    const ends = `from=${encodeURIComponent(MAC)}&to=host/c-2/if/tap0`;
    const then = await get(`topology/path?${ends}&at=${past}`);
    expect(then.body).toMatchObject({
      complete: true,
      stops: [
        { element: { id: "host/c-1/if/tap0" } },
        { element: { name: "vxlan0" }, reason: { kind: "link", link: { kind: "layer2" } } },
        { element: { name: "vxlan0" }, reason: { kind: "tunnel", text: "tunnel from 192.0.2.1 to 192.0.2.2" } },
        { element: { id: "host/c-2/if/tap0" }, reason: { kind: "link" } },
      ],
    });
    expect(await get(`topology/path?${ends}`)).toMatchObject({
      status: 404,
      body: { code: "topology.element_unknown" },
    });
  });

  test("an end that may be several is told with all of them", async () => {
    const { status, body } = await get(`topology/path?from=tap0&to=c-2&at=${past}`);
    expect(status).toBe(409);
    expect(body).toMatchObject({ code: "topology.element_ambiguous" });
    expect(JSON.stringify(body)).toContain("host/c-1/if/tap0, host/c-2/if/tap0");
  });

  test("neighbours of the past are those of then", async () => {
    const { body } = await get(`topology/elements/host/c-1/if/tap0/neighbours?at=${past}&depth=1`);
    const ids = (body as { elements: readonly { id: string }[] }).elements.map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(["host/c-1", "host/c-1/if/vxlan0"]));
    expect(await get("topology/elements/host/c-1/if/tap0/neighbours")).toMatchObject({ status: 404 });
  });

  test.each([
    ["G.V().Has('Type', 'tun').Count()", { kind: "count", count: 1, complete: true }],
    [`G.At(${past}).V().Has('Type', 'tun').Count()`, { kind: "count", count: 2, complete: true }],
    [`G.At(${past}).V().Has('MAC', '${MAC}').In('Type', 'host').Values('Name')`, { kind: "values", values: ["c-1"] }],
    [`G.Diff(${past}, NOW).Has('Name', 'tap0')`, { kind: "changes", total: 1, changes: [{ kind: "remove" }] }],
    [`G.Diff(NOW, ${past}).Has('Change', 'added', 'Type', 'tun').Count()`, { kind: "count", count: 1 }],
    ["G.V().Has('Host', 'c-1', 'kind', 'vm')", { kind: "elements", total: 1, elements: [{ id: VM }] }],
  ])("%s", async (query, expected) => {
    expect(await ask(query)).toMatchObject({ status: 200, body: expected });
  });

  test.each([
    ["G.V(", 400, "gremlin.invalid"],
    ["G.Flows()", 400, "gremlin.unsupported"],
    ["G.At('no such snapshot!').V()", 400, "time.unknown_form"],
    ["G.At('no-such-snapshot').V()", 404, "snapshot.unknown"],
  ])("%s is a problem", async (query, status, code) => {
    const answer = await ask(query);
    expect(answer).toMatchObject({ status, body: { code } });
    expect(answer.type).toContain("application/problem+json");
  });
});
