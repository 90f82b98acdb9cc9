import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isRecord } from "../../core/json.ts";
import { eventually } from "../fixtures/eventually.ts";
import { type Nephoscope, startNephoscope, temporaryFolder } from "./fixtures/nephoscope.ts";
import { end } from "./fixtures/server-process.ts";

// Two faults of the simulated cloud, through the whole chain: agents' protocol, collector, store, findings, API.

const MAIN = join(import.meta.dirname, "../../cli/main.ts");
const HOSTS = 30;
/** The cloud's time against ours: its machines migrate in a fifth of the time, and the fault still outlasts its settling. */
const SPEED = 5;
/** After all agents have come; in the cloud's time. */
const BEGIN = "60s";

const data = temporaryFolder();
const truthFile = join(data.path, "truth.json");
let nephoscope: Nephoscope;
let simulation: ChildProcess;
let progress = "";

beforeAll(async () => {
  nephoscope = await startNephoscope({ data: data.path });
  const cloud = ["--hosts", String(HOSTS), "--seed", "7", "--churn", "0", "--metrics-interval", "off"];
  const faults = ["two-unbound-dhcp-servers", "migration-wave"].flatMap((name) => ["--scenario", `${name}@${BEGIN}`]);
  const run = ["--collector", nephoscope.url, "--speed", String(SPEED), "--truth", truthFile];
  const args = [MAIN, "simulate", ...cloud, ...faults, ...run];
  simulation = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
  simulation.stderr?.on("data", (chunk) => (progress += String(chunk)));
});
afterAll(async () => {
  await end(simulation, "SIGINT");
  await nephoscope.stop();
  data.remove();
});

function listAt(answer: unknown, member: string): readonly Record<string, unknown>[] {
  const list = isRecord(answer) ? answer[member] : undefined;
  if (!Array.isArray(list)) throw new Error(`no ${member} in ${JSON.stringify(answer)}`);
  return list.filter(isRecord);
}

function textsAt(record: Record<string, unknown>, member: string): readonly string[] {
  const list = record[member];
  return Array.isArray(list) ? list.map(String) : [];
}

/** The truth's fault of a kind, once the scenarios have begun. */
async function truthOf(kind: string) {
  const fault = await eventually(
    () => {
      const faults = existsSync(truthFile) ? listAt(JSON.parse(readFileSync(truthFile, "utf8")), "faults") : [];
      return faults.find((each) => each.kind === kind);
    },
    { withinMs: 60_000, what: () => `${kind} to begin; the simulation said: ${progress}` },
  );
  return { causes: textsAt(fault, "cause"), beginsAt: Number(fault.begins_at) };
}

/** Of the simulated hosts: the collector's own host is watched as well. */
const isSimulated = (id: string) => /^(host|agent)\/(cn|nn)-/.test(id);

/** Groups of the difference from a moment until now, as their cause's kind and what it is about. */
async function groupsSince(at: number): Promise<readonly string[]> {
  const groups = listAt(await nephoscope.get(`/api/v1/topology/diff?from=${at}&to=now`), "groups");
  return groups.flatMap((group) => {
    const { cause } = group;
    const members = textsAt(group, "members");
    if (!isRecord(cause) || !members.some(isSimulated)) return [];
    const about = cause.kind === "changed" ? members : textsAt(cause, "roots").map((id) => id.split("/").at(-1));
    return `${cause.kind} ${about.join(" ")}`;
  });
}

async function findings(query = ""): Promise<readonly Record<string, unknown>[]> {
  const all = listAt(await nephoscope.get(`/api/v1/topology/findings${query}`), "findings");
  return all.filter((finding) => textsAt(finding, "elements").some(isSimulated));
}

test("a fault is the one finding, at once, with the truth's cause", async () => {
  const { causes } = await truthOf("two-unbound-dhcp-servers");
  const found = await eventually(
    async () => {
      const all = await findings();
      return all.length > 0 && all;
    },
    { withinMs: 30_000, what: () => `the finding; the simulation said: ${progress}` },
  );
  expect(found).toMatchObject([{ invariant: "dhcp_servers_collide", state: "settling", elements: causes }]);
});

test("the difference is one group for each machine that migrated and one for the fault, and nothing else", async () => {
  const [wave, dhcp] = [await truthOf("planned-migration"), await truthOf("two-unbound-dhcp-servers")];
  // Agents alone tell of it: the machines' domains moved.
  const moved = wave.causes.map((vm) => `moved ${vm.replace("vm/", "")}`);
  const expected = [...moved, ...dhcp.causes.map((namespace) => `changed ${namespace}`)].toSorted();
  let groups: readonly string[] = [];
  await eventually(
    async () => {
      groups = (await groupsSince(wave.beginsAt - 1)).toSorted();
      return JSON.stringify(groups) === JSON.stringify(expected);
    },
    { withinMs: 60_000, what: () => `${expected.join("\n")}\nbut there is\n${groups.join("\n")}` },
  );
});

test("the finding stands once it has settled, and no other does", async () => {
  const { causes, beginsAt } = await truthOf("two-unbound-dhcp-servers");
  const standing = await eventually(
    async () => {
      const all = await findings("?state=standing");
      return all.length > 0 && all;
    },
    { withinMs: 100_000, what: "the finding to stand" },
  );
  expect(standing).toMatchObject([
    { invariant: "dhcp_servers_collide", elements: causes, level: "critical", unknown: false },
  ]);
  expect(Number(standing[0]?.standing_at) - beginsAt).toBeGreaterThanOrEqual(60_000);
});
