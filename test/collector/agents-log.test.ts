import { afterEach, beforeEach, expect, test } from "vitest";
import { Lifetime } from "../../core/lifetime.ts";
import { watchPresence } from "../../topology/agent-presence.ts";
import { openRecorder } from "../../topology/recorder.ts";
import { recordedLog } from "../agent/recorded-log.ts";
import { eventually } from "../fixtures/eventually.ts";
import { startSite, TestAgent } from "../fixtures/topology-site.ts";
import { MemoryRevisionLog, SetClock } from "../topology/fakes.ts";
import { temporaryFolder } from "./fixtures/temporary-folder.ts";

const HOSTS = Array.from({ length: 25 }, (_, index) => `h${index}`);

let lifetime: Lifetime;
let recorded: ReturnType<typeof recordedLog>;

beforeEach(() => {
  lifetime = new Lifetime();
  recorded = recordedLog();
});
afterEach(() => lifetime.end());

const saidOf = (event: string) => recorded.entries.filter((entry) => entry.event === event);

test("many agents that go at once do not flood the log: twenty are named, the others counted", async () => {
  const site = await startSite(temporaryFolder(), { log: recorded.log });
  const agents = HOSTS.map(() => new TestAgent(site.url));
  lifetime.defer("agents", () => agents.forEach((agent) => void agent.close()));
  await Promise.all(agents.map((agent, index) => agent.hello(HOSTS[index] ?? "")));
  await site.stop();
  expect(saidOf("agent disconnected")).toHaveLength(20);
  expect(saidOf("more agents disconnected")).toEqual([
    { level: "info", event: "more agents disconnected", fields: { count: 5 } },
  ]);
});

test("nor do many that fall silent at once", async () => {
  const clock = new SetClock(1_700_000_000_000);
  const deps = { clock, log: recorded.log };
  const recorder = await openRecorder({ ...deps, cluster: "c", store: new MemoryRevisionLog() }, lifetime);
  const presence = watchPresence({ ...deps, recorder, graceMs: 0 }, lifetime);
  const facts = { version: "1", bootId: "b", clockOffsetMs: 0, connectedFrom: "127.0.0.1" };
  await Promise.all(HOSTS.map((host) => presence.connected(host, facts)));
  for (const host of HOSTS) presence.disconnected(host);
  await eventually(() => presence.statuses().every(({ session }) => session === "silent"));
  await lifetime.end();
  expect(saidOf("agent silent")).toHaveLength(20);
  expect(saidOf("more agents silent")).toEqual([{ level: "warn", event: "more agents silent", fields: { count: 5 } }]);
});
