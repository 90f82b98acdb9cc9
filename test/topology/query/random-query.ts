import fc from "fast-check";
import { ADDRESSES, HOSTS, MACS, NAMES, NODE_IDS, UUIDS } from "./random-graph.ts";

// Queries as people type them, mostly about things that may be there.

const quoted = (text: string): string => `'${text}'`;
const oneOf = (...texts: readonly string[]): fc.Arbitrary<string> => fc.constantFrom(...texts);
const TYPES = ["device", "tun", "tuntap", "tap", "ovsport", "ovsbridge", "patch", "internal", "dummy", "veth", "host"];

function textCondition(key: string, values: readonly string[]): fc.Arbitrary<string> {
  const value = oneOf(...values).map(quoted);
  const predicate = fc.oneof(
    { weight: 4, arbitrary: value },
    value.map((each) => `NE(${each})`),
    value.map((each) => `NEE(${each})`),
    fc.array(value, { maxLength: 3 }).map((each) => `Within(${each.join(", ")})`),
    fc.array(value, { maxLength: 3 }).map((each) => `Without(${each.join(", ")})`),
    oneOf("Regex('.*1.*')", "Regex('[a-z]+')"),
  );
  return predicate.map((each) => `'${key}', ${each}`);
}

const pair = fc.oneof(
  textCondition("Name", NAMES),
  textCondition("Type", TYPES),
  textCondition("kind", ["nic", "tap", "ovs-port", "owns", "layer2", "nonsense"]),
  textCondition("Host", [...HOSTS, "c"]),
  textCondition(
    "MAC",
    MACS.map((mac) => mac.toLowerCase()),
  ),
  textCondition("IPV4", [...ADDRESSES, "10.0.0.1", "127.0.0.1"]),
  textCondition("id", NODE_IDS),
  textCondition("ExtID.iface-id", UUIDS),
  textCondition("RelationType", ["ownership", "layer2", "vlayer2", "patch"]),
  textCondition("constructor", ["x"]),
  oneOf("'MTU', 1500", "'MTU', GT(1500)", "'MTU', LT(9000)", "'MTU', Between(1500, 9000)", "'ready', TRUE"),
  oneOf("'IPV4', IPV4RANGE('10.0.0.0/23')", "'IPV4', IPV4RANGE('10.0.0.0/24')"),
);
const pairs = fc.array(pair, { minLength: 1, maxLength: 2 }).map((each) => each.join(", "));
const key = oneOf("'MTU'", "'MAC'", "'Name'", "'ready'");
const filterStep = fc.oneof(
  pairs.map((each) => `Has(${each})`),
  pairs.map((each) => `HasEither(${each})`),
  key.map((each) => `HasKey(${each})`),
  key.map((each) => `HasNot(${each})`),
);
const optional = fc.oneof(fc.constant(""), pairs);
const anyStep = fc.oneof(
  { weight: 3, arbitrary: filterStep },
  fc.constant("Dedup()"),
  fc.tuple(fc.nat(3), fc.nat(5)).map(([from, to]) => `Sort('id').Range(${from}, ${to})`),
);
const step = (name: string): fc.Arbitrary<string> => optional.map((each) => `${name}(${each})`);
const fromNodes = fc.oneof(
  step("Out"),
  step("In"),
  step("Both"),
  oneOf(
    "Descendants()",
    "Descendants(2)",
    "Descendants(0)",
    "Ascendants(3)",
    "Neighbors()",
    "Neighbors('RelationType', 'layer2', 2)",
  ),
);
const toEdges = fc.oneof(step("OutE"), step("InE"), step("BothE"));
const toNodes = fc.oneof(step("OutV"), step("InV"), step("BothV"));

const nodeSteps = fc.array(fc.oneof(anyStep, fromNodes), { maxLength: 2 });
const edgeSteps = fc.array(anyStep, { maxLength: 2 });
const start = fc.oneof({ weight: 3, arbitrary: fc.constant("") }, pairs, oneOf(...NODE_IDS).map(quoted));

/** A query that ends with nodes, edges or a count. */
export const randomQuery: fc.Arbitrary<string> = fc
  .tuple(fc.boolean(), start, nodeSteps, edgeSteps, toEdges, toNodes, fc.nat(2), oneOf("", "Count()"))
  .map(([isNodes, first, nodes, edges, there, back, turns, end]) => {
    const parts = isNodes ? [`V(${first})`, ...nodes] : [`E(${first})`, ...edges];
    if (isNodes && turns > 0) parts.push(there, ...edges);
    if (turns !== 1) {
      if (!isNodes || turns > 0) parts.push(back, ...nodes);
    }
    return ["G", ...parts, ...(end === "" ? [] : [end])].join(".");
  });
