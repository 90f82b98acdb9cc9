import { hostname } from "node:os";
import { describe } from "vitest";
import { elementIdOf, interfaceId } from "../../../core/element-id.ts";
import { run } from "../fixtures/command.ts";
import { type Nephoscope, startNephoscope } from "../fixtures/nephoscope.ts";
import { playScenarios, type Scenario } from "../fixtures/scenarios.ts";

// Where Skydive has rules that add nodes, links and metadata, people declare elements here.

const bridge = (name: string) => interfaceId(hostname(), undefined, name);
const FABRIC = elementIdOf("switch", "sk-fabric");
const NOTE = elementIdOf("note", "sk-note");
const NOTED = elementIdOf("note", "sk-note", "of");
const CABLE = elementIdOf("cable", "sk-cable");

async function call(nephoscope: Nephoscope, method: "PUT" | "DELETE", id: string, body?: object): Promise<void> {
  const answer = await fetch(`${nephoscope.url}/api/v1/topology/declared/${encodeURIComponent(id)}`, {
    method,
    ...(body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(30_000),
  });
  if (!answer.ok) throw new Error(`${method} ${id}: ${answer.status} ${await answer.text()}`);
}

const addBridges = async (...names: readonly string[]) => {
  for (const name of names) await run("ip", "link", "add", name, "type", "bridge");
};
const removeBridges = async (...names: readonly string[]) => {
  for (const name of names) await run("ip", "link", "del", name);
};

const SCENARIOS: readonly Scenario<Nephoscope>[] = [
  {
    name: "TestNodeRuleCreate",
    change: (site) => call(site, "PUT", FABRIC, { kind: "switch", name: "sk-fabric", attributes: { vendor: "any" } }),
    sees: (v) => v.node("switch", FABRIC)?.name === "sk-fabric" && v.attribute(FABRIC, "vendor") === "any",
    undo: (site) => call(site, "DELETE", FABRIC),
  },
  {
    name: "TestNodeRuleUpdate",
    before: () => addBridges("sk-umd"),
    prepared: (v) => v.node("bridge", "/if/sk-umd") !== undefined,
    change: async (site) => {
      await call(site, "PUT", NOTE, { kind: "note", name: "sk-note", attributes: { testKey: "testValue" } });
      await call(site, "PUT", NOTED, { kind: "attached", from: NOTE, to: bridge("sk-umd") });
    },
    sees: (v) => v.joined("attached", NOTE, "/if/sk-umd") && v.attribute(NOTE, "testKey") === "testValue",
    undo: async (site) => {
      await call(site, "DELETE", NOTE);
      await removeBridges("sk-umd");
    },
  },
  {
    name: "TestEdgeRuleCreate",
    before: () => addBridges("sk-srcnode", "sk-dstnode"),
    prepared: (v) =>
      v.node("bridge", "/if/sk-srcnode") !== undefined && v.node("bridge", "/if/sk-dstnode") !== undefined,
    change: (site) =>
      call(site, "PUT", CABLE, { kind: "layer2", from: bridge("sk-srcnode"), to: bridge("sk-dstnode") }),
    sees: (v) => v.joined("layer2", "/if/sk-srcnode", "/if/sk-dstnode"),
    undo: async (site) => {
      await call(site, "DELETE", CABLE);
      await removeBridges("sk-srcnode", "sk-dstnode");
    },
  },
];

describe("what people declare is seen live and stays true of the past", () => {
  playScenarios(
    {
      start: (data) => startNephoscope({ data }),
      siteOf: (nephoscope) => nephoscope,
      ready: (view) => view.node("loopback", bridge("lo")) !== undefined,
    },
    SCENARIOS,
  );
});
