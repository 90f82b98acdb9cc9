import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isRecord } from "../../core/json.ts";
import { eventually } from "../fixtures/eventually.ts";
import { type Nephoscope, startNephoscope, temporaryFolder } from "./fixtures/nephoscope.ts";
import { end } from "./fixtures/server-process.ts";
import { topologyAt } from "./fixtures/topology-view.ts";

// Two silent agents of the simulated cloud, one of a host without power: the real collector plans the mesh, the simulated
// hosts probe one another by it, and what they find tells the two apart.

const MAIN = join(import.meta.dirname, "../../cli/main.ts");
const data = temporaryFolder();
const truthFile = join(data.path, "truth.json");
let nephoscope: Nephoscope;
let simulation: ChildProcess;
let progress = "";

beforeAll(async () => {
  nephoscope = await startNephoscope({ data: data.path });
  const cloud = ["--hosts", "30", "--seed", "7", "--churn", "0", "--metrics-interval", "10s"];
  // In the cloud's time: agents have come by then, and nobody is back before he is judged.
  const faults = ["host-power-loss@25s", "silent-agent@26s"].flatMap((name) => ["--scenario", name]);
  const run = ["--collector", nephoscope.url, "--speed", "3", "--truth", truthFile];
  simulation = spawn(process.execPath, [MAIN, "simulate", ...cloud, ...faults, ...run], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  simulation.stderr?.on("data", (chunk) => (progress += String(chunk)));
});
afterAll(async () => {
  await end(simulation, "SIGINT");
  await nephoscope.stop();
  data.remove();
});

const said = () => `the simulation said: ${progress}`;

/** The one host a fault is about. */
async function victimOf(kind: string): Promise<string> {
  return eventually(
    () => {
      const parsed: unknown = existsSync(truthFile) ? JSON.parse(readFileSync(truthFile, "utf8")) : undefined;
      const faults = isRecord(parsed) && Array.isArray(parsed.faults) ? parsed.faults.filter(isRecord) : [];
      const cause = faults.find((fault) => fault.kind === kind)?.cause;
      return Array.isArray(cause) ? String(cause[0]).split("/")[1] : undefined;
    },
    { withinMs: 60_000, what: () => `${kind} to begin; ${said()}` },
  );
}

test("a host without power is down and one whose agent died is not, by the word of their neighbours", async () => {
  const [dead, deaf] = [await victimOf("host-power-loss"), await victimOf("silent-agent")];
  const verdicts = async () => {
    const { elements } = await topologyAt(nephoscope);
    const ofHost = (host: string) => elements.find(({ id }) => id === `agent/${host}`)?.attributes.verdict;
    return [ofHost(dead), ofHost(deaf)];
  };
  let last: unknown;
  await eventually(
    async () => {
      last = await verdicts();
      return JSON.stringify(last) === JSON.stringify(["host_down", "agent_down"]);
    },
    { withinMs: 80_000, what: () => `both verdicts, not ${JSON.stringify(last)}; ${said()}` },
  );
});

test("what hosts measure of one another is there, and what happened to them", async () => {
  const [dead, deaf] = [await victimOf("host-power-loss"), await victimOf("silent-agent")];
  const lost = async (host: string) =>
    JSON.stringify(await nephoscope.get(`/api/v1/query?query=${encodeURIComponent(`min(mesh_lost{peer="${host}"})`)}`));
  for (const host of [dead, deaf]) expect(await lost(host)).toMatch(/"\d\d+"/);
  await eventually(async () => JSON.stringify(await nephoscope.get("/api/v1/events")).includes("bgp-session-down"), {
    withinMs: 30_000,
    what: () => `the session that went down; ${said()}`,
  });
  expect(progress).not.toMatch(/refused|rejected|dropped/);
});
