import { expect, test } from "vitest";
import { epochMsOf } from "../../core/clock.ts";
import { hostId } from "../../core/element-id.ts";
import type { Json } from "../../core/json.ts";
import { findingMemoryIn, parseFinding } from "../../store/finding-memory.ts";
import type { StateStore } from "../../store/state-store.ts";
import type { Finding } from "../../topology/invariants/finding.ts";

function memoryState(): StateStore {
  const collections = new Map<string, Map<string, Json>>();
  const of = (name: string) => collections.get(name) ?? new Map<string, Json>();
  return {
    get: (collection, key) => of(collection).get(key),
    all: of,
    page: (name) => [...of(name)],
    size: (name) => of(name).size,
    commit: (writes) => {
      for (const { collection, key, document } of writes) {
        const documents = of(collection);
        collections.set(collection, documents);
        if (document === undefined) documents.delete(key);
        // As a store keeps it: through its text.
        else documents.set(key, JSON.parse(JSON.stringify(document)));
      }
    },
    close: () => undefined,
  };
}

const open: Finding = {
  id: "tunnel_one_end/vxlan:|172.16.0.1|172.16.0.2",
  invariant: "tunnel_one_end",
  subject: "vxlan:|172.16.0.1|172.16.0.2",
  elements: [hostId("a"), hostId("b")],
  level: "critical",
  detail: { missing_peer: "172.16.0.1", count: 2, macs: ["x"], flag: true },
  since: { revision: 7, at: epochMsOf(1_000) },
  state: "settling",
  standingAt: undefined,
  isUnknown: true,
  endedAt: undefined,
};
const over: Finding = { ...open, state: "standing", standingAt: epochMsOf(2_000), endedAt: epochMsOf(3_000) };

test("findings come back as they were written, by cluster, until they are forgotten", () => {
  const memory = findingMemoryIn(memoryState());
  memory.save("c", [
    { key: open.id, finding: open },
    { key: `over/3000/${over.id}`, finding: over },
  ]);
  memory.save("d", [{ key: open.id, finding: open }]);
  expect(memory.load("c")).toEqual([open, over]);
  memory.save("c", [{ key: open.id, finding: undefined }]);
  expect(memory.load("c")).toEqual([over]);
  expect(memory.load("d")).toEqual([open]);
});

test.each([
  ["another invariant", { invariant: "no_such_thing" }],
  ["an id that is none", { elements: ["host/"] }],
  ["no time", { since: { revision: 1 } }],
  ["another state", { state: "resting" }],
])("a document with %s is let go by", (_, changed) => {
  expect(parseFinding({ ...JSON.parse(JSON.stringify(open)), ...changed })).toBeUndefined();
});
