import { expect, test } from "vitest";
import { attributesOf, hasTellableName } from "../../agent/topology/attributes.ts";
import type { Node } from "../../core/element.ts";
import { interfaceId } from "../../core/element-id.ts";
import { ELEMENT_LIMITS, limitBrokenBy } from "../../topology/limits.ts";

const nodeWith = (attributes: Node["attributes"], name = "x"): Node => ({
  id: interfaceId("h", undefined, name),
  kind: "ovs-port",
  name,
  cluster: "c",
  attributes,
});

test("what has no value is left out; false and 0 are values", () => {
  expect(attributesOf({ a: undefined, b: [], c: false, d: 0, e: ["x"] })).toEqual({ c: false, d: 0, e: ["x"] });
});

test.each([
  ["a port that trunks every VLAN", { trunks: Array.from({ length: 4_094 }, (_, n) => n + 1) }],
  ["a long text", { "external_ids.note": "x".repeat(10_000) }],
  ["many external ids", Object.fromEntries(Array.from({ length: 400 }, (_, n) => [`external_ids.${n}`, "x"]))],
  ["a long key", { [`external_ids.${"k".repeat(500)}`]: "x" }],
])("%s is cut to what a collector takes", (_, values) => {
  const node = nodeWith(attributesOf(values));
  expect(limitBrokenBy(node, ELEMENT_LIMITS)).toBeUndefined();
  expect(JSON.stringify(node.attributes)).toMatch(/…|external_ids\.249/);
});

test("an element whose name a collector would refuse is not told", () => {
  expect(hasTellableName(nodeWith({}, "x".repeat(150)))).toBe(true);
  expect(hasTellableName(nodeWith({}, "x".repeat(201)))).toBe(false);
  expect(hasTellableName(nodeWith({}, "ä".repeat(100)))).toBe(false);
});

test("what no log could show is replaced in values, and an element with such a name is not told", () => {
  const attributes = attributesOf({ "external_ids.note": "a\nb\u0001\ud800", list: ["x\ty", 7] });
  expect(attributes).toEqual({ "external_ids.note": "a\ufffdb\ufffd\ufffd", list: ["x\ufffdy", 7] });
  expect(hasTellableName(nodeWith({}, "tap\u0001"))).toBe(false);
});
