import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { elementIdOf, interfaceId } from "../../../core/element-id.ts";
import { newFolder, startSite, type TopologySite } from "../../fixtures/topology-site.ts";
import { SetClock } from "../../topology/fakes.ts";

const folder = newFolder();
const clock = new SetClock(Date.parse("2026-01-31T02:30:00Z"));
let site: TopologySite;
beforeAll(async () => {
  site = await startSite(folder.path, { clock });
});
afterAll(async () => {
  await site.stop();
  folder.remove();
});

const TOR = elementIdOf("switch", "tor/1");
const PORT = elementIdOf("switch", "tor/1", "port", "7");
const CABLE = elementIdOf("cable", "42");
const NIC = interfaceId("a", undefined, "eth0");

async function call(method: "PUT" | "DELETE", id: string, body?: object) {
  const url = `/api/v1/topology/declared/${encodeURIComponent(id)}`;
  const reply = await site.app.inject({ method, url, ...(body === undefined ? {} : { payload: body }) });
  return { status: reply.statusCode, body: reply.json() };
}
const declaredIds = async () => {
  const { body } = await site.get("/declared");
  return (body as { elements: { id: string }[] }).elements.map(({ id }) => id).toSorted();
};
const elementAt = (id: string, at: number) => site.get(`/elements/${encodeURIComponent(id)}?at=${at}`);

test("what is declared is an element with a past, and says who declared it", async () => {
  const before = clock.now();
  clock.set(clock.now() + 60_000);
  const put = await call("PUT", TOR, { kind: "switch", name: "tor/1", attributes: { vendor: "x", ports: 48 } });
  expect(put).toMatchObject({
    status: 200,
    body: { revision: expect.any(Number), element: { id: TOR, cluster: "main" } },
  });
  const first = clock.now();
  clock.set(clock.now() + 60_000);
  await call("PUT", TOR, { kind: "switch", name: "tor/1", attributes: { vendor: "y", ports: 48 } });
  expect(await elementAt(TOR, before)).toMatchObject({ status: 404 });
  expect(await elementAt(TOR, first)).toMatchObject({ body: { element: { attributes: { vendor: "x" } } } });
  expect(await elementAt(TOR, clock.now())).toMatchObject({
    body: { element: { attributes: { vendor: "y", declared_by: "anonymous" } } },
  });
});

test("said again, it is no revision", async () => {
  const again = await call("PUT", TOR, { kind: "switch", name: "tor/1", attributes: { vendor: "y", ports: 48 } });
  expect(again).toMatchObject({ status: 200 });
  expect(again.body.revision).toBeUndefined();
});

test("a link may join any two elements, and goes with what it was declared of", async () => {
  await call("PUT", PORT, { kind: "switchport", name: "7", parent: TOR });
  await call("PUT", CABLE, { kind: "layer2", from: NIC, to: PORT });
  expect(await declaredIds()).toEqual([CABLE, PORT, TOR].toSorted());
  const withdrawn = await call("DELETE", TOR);
  expect(withdrawn.body.removed.toSorted()).toEqual([CABLE, PORT, TOR].toSorted());
  expect(await declaredIds()).toEqual([]);
});

describe("is refused, with a reason", () => {
  test.each<[string, string, object, number, string]>([
    ["an element of an agent", NIC, { kind: "nic", name: "eth0" }, 403, "topology.not_owner"],
    ["an element of OpenStack", "vm/1", { kind: "vm", name: "v" }, 403, "topology.not_owner"],
    ["a place", "region/r", { kind: "region", name: "r" }, 403, "topology.not_owner"],
    ["a kind nobody knows", "switch/2", { kind: "toaster", name: "t" }, 400, "topology.declaration_invalid"],
    ["neither node nor link", "switch/2", { kind: "switch" }, 400, "http.invalid"],
    [
      "a link that leads nowhere",
      "cable/1",
      { kind: "layer2", from: NIC, to: "" },
      400,
      "topology.declaration_invalid",
    ],
    ["an id that is none", "a//b", { kind: "switch", name: "x" }, 400, "topology.id_invalid"],
    ["an id that does not say what it is", "tor-1", { kind: "switch", name: "x" }, 400, "topology.id_invalid"],
    [
      "a reserved attribute",
      "switch/2",
      { kind: "switch", name: "x", attributes: { "@at": 1 } },
      400,
      "topology.declaration_invalid",
    ],
  ])("%s", async (_, id, body, status, code) => {
    expect(await call("PUT", id, body)).toMatchObject({ status, body: { code } });
  });

  test("withdrawing what nobody declared", async () => {
    expect(await call("DELETE", "switch/9")).toMatchObject({ status: 404, body: { code: "topology.not_declared" } });
    expect(await call("DELETE", NIC)).toMatchObject({ status: 403, body: { code: "topology.not_owner" } });
  });
});
