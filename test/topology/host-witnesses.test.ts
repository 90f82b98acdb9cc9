import { expect, test } from "vitest";
import type { Attributes, Element, Node } from "../../core/element.ts";
import { agentId, hostId } from "../../core/element-id.ts";
import { testimonyOf } from "../../topology/host-witnesses.ts";

const node = (id: Node["id"], kind: Node["kind"], attributes: Attributes): Node => ({
  ...{ id, kind, name: id, cluster: "c", attributes },
});

/** Each neighbour: what its own agent's session is, and whom it does not reach. */
function graphOf(neighbours: { readonly [host: string]: readonly [session: string, attributes: Attributes] }) {
  const elements = new Map<string, Element>();
  for (const [host, [session, attributes]] of Object.entries(neighbours)) {
    elements.set(agentId(host), node(agentId(host), "agent", { session }));
    elements.set(hostId(host), node(hostId(host), "host", attributes));
  }
  return { get: (id: string) => elements.get(id) };
}

const SILENT: Attributes = { mesh_silent: ["x"] };
const REFUSED: Attributes = { mesh_refused: ["x"] };

test.each<[string, Parameters<typeof graphOf>[0]]>([
  ["host_down", { a: ["connected", SILENT], b: ["connected", SILENT] }],
  ["agent_down", { a: ["connected", SILENT], b: ["connected", REFUSED] }],
  ["cut_off", { a: ["connected", SILENT], b: ["connected", SILENT], c: ["connected", { mesh_silent: ["y"] }] }],
  ["unknown", { a: ["connected", SILENT] }],
  ["unknown", { a: ["connected", SILENT], b: ["silent", SILENT], c: ["silent", {}] }],
  ["unknown", {}],
])("a host is judged %s by %o", (verdict, neighbours) => {
  expect(testimonyOf("x", Object.keys(neighbours), graphOf(neighbours)).verdict).toBe(verdict);
});

test("who asks it and is not known, or whose own agent is silent, is no witness", () => {
  const graph = graphOf({ a: ["connected", SILENT], b: ["connected", REFUSED], c: ["silent", SILENT] });
  expect(testimonyOf("x", ["a", "b", "c", "unheard-of"], graph)).toMatchObject({ witnesses: 2, silent: 1, refused: 1 });
});
