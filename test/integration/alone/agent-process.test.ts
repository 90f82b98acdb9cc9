import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { netnsId } from "../../../core/element-id.ts";
import { Lifetime } from "../../../core/lifetime.ts";
import { startFakeCollector } from "../../agent/fake-collector.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { background, isAlive } from "../fixtures/command.ts";
import { createTestNetwork } from "../fixtures/namespaces.ts";

let lifetime: Lifetime;

beforeEach(() => {
  lifetime = new Lifetime();
});
afterEach(() => lifetime.end());

/** Processes whose parent is `pid`, with their command lines. */
function childrenOf(pid: number): readonly { readonly pid: number; readonly command: string }[] {
  return readdirSync("/proc").flatMap((name) => {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "latin1");
      const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
      const command = readFileSync(`/proc/${name}/cmdline`, "latin1").replaceAll("\0", " ");
      return parent === pid ? [{ pid: Number(name), command }] : [];
    } catch {
      return [];
    }
  });
}

test("an agent that is killed leaves no monitor behind that would keep a namespace alive", async () => {
  const network = await createTestNetwork(lifetime);
  const collector = await startFakeCollector(lifetime);
  const netns = await network.namespace();
  const agent = background(process.execPath, [
    join(import.meta.dirname, "../fixtures/agent-process.ts"),
    collector.url,
  ]);
  lifetime.defer("agent", agent.stop);
  await eventually(() => collector.elements.has(netnsId("process-host", netns)), { what: "the namespace" });
  const monitors = await eventually(
    () => {
      const found = childrenOf(agent.pid).filter(({ command }) => command.startsWith("ip -o monitor"));
      return found.length >= 2 && found;
    },
    { what: "a monitor of the host's own namespace and one of the other" },
  );
  await agent.stop();
  await eventually(() => !monitors.some(({ pid }) => isAlive(pid)), { what: "the end of the monitors" });
  expect(isAlive(agent.pid)).toBe(false);
});
