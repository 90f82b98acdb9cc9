import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Lifetime } from "../../../core/lifetime.ts";
import { type FakeCollector, startFakeCollector } from "../../agent/fake-collector.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { run } from "../fixtures/command.ts";
import { createTestNetwork } from "../fixtures/namespaces.ts";
import { temporaryFolder } from "../fixtures/nephoscope.ts";
import { end } from "../fixtures/server-process.ts";

const ROOT = join(import.meta.dirname, "../../..");
const UNIT = readFileSync(join(ROOT, "deploy/agent/nephoscope-agent.service"), "utf8");
const folder = temporaryFolder();
const lifetime = new Lifetime();
let collector: FakeCollector;
let first = "";
let second = "";

/** A package with files as they are: pressing them takes half a minute and changes nothing here. */
async function build(out: string, version: string): Promise<string> {
  const args = ["--out", join(folder.path, out), "--compression", "none", "--version", version];
  const printed = await run(process.execPath, join(ROOT, "launcher.mjs"), "build:agent", ...args);
  return printed.split("\n")[0] ?? "";
}

beforeAll(async () => {
  first = await build("first", "1.0.0");
  second = await build("second", "1.0.1");
  collector = await startFakeCollector(lifetime);
}, 120_000);
afterAll(async () => {
  await lifetime.end();
  folder.remove();
});

test("the same sources give the same bytes, wherever and whenever they are packed", async () => {
  const again = await build("elsewhere", "1.0.0");
  expect(readFileSync(again).equals(readFileSync(first))).toBe(true);
});

test("it installs; an upgrade keeps what the administrator changed and what waits for the collector; a purge leaves nothing", async () => {
  const root = join(folder.path, "root");
  for (const part of ["updates", "info"]) mkdirSync(join(root, "var/lib/dpkg", part), { recursive: true });
  writeFileSync(join(root, "var/lib/dpkg/status"), "");
  const dpkg = (...action: readonly string[]) =>
    run("dpkg", `--root=${root}`, "--force-script-chrootless", "--force-depends", "--force-confold", ...action);
  await dpkg("-i", first);
  const config = join(root, "etc/nephoscope/agent.yaml");
  writeFileSync(config, "agent: { collector_url: 'http://10.0.0.1:8642' }\n");
  const state = join(root, "var/lib/nephoscope/agent");
  mkdirSync(join(state, "batches"), { recursive: true });
  writeFileSync(join(state, "batches/waiting"), "a batch");
  await dpkg("-i", second);
  expect(readFileSync(config, "utf8")).toContain("10.0.0.1");
  expect(readFileSync(join(state, "batches/waiting"), "utf8")).toBe("a batch");
  const listed = await run("dpkg-query", `--admindir=${join(root, "var/lib/dpkg")}`, "-W", "nephoscope-agent");
  expect(listed).toContain("1.0.1");
  await dpkg("--purge", "nephoscope-agent");
  expect([existsSync(state), existsSync(config)]).toEqual([false, false]);
});

test("it runs without Node or npm on the host, with no more rights than its unit grants, and sees other namespaces", async () => {
  const network = await createTestNetwork(lifetime);
  const namespace = await network.namespace();
  await network.ipIn(namespace, "link", "set", "lo", "up");
  const tree = join(folder.path, "tree");
  await run("dpkg-deb", "-x", first, tree);
  const config = join(folder.path, "agent.yaml");
  writeFileSync(config, `host: packaged\nagent: { collector_url: '${collector.url}', interval_seconds: 1 }\n`);
  const agent = spawnLimited(join(tree, "usr/lib/nephoscope-agent/nephoscope-agent"), ["--config", config]);
  let printed = "";
  agent.stderr?.on("data", (chunk) => (printed += String(chunk)));
  try {
    await eventually(() => [...collector.elements.values()].some((it) => "name" in it && it.name === namespace), {
      what: "the namespace told by the packaged agent",
      withinMs: 40_000,
    });
    await eventually(() => collector.writes.some(({ lines }) => lines.some((line) => line.startsWith("cpu,"))), {
      what: "metrics of the packaged agent",
    });
    expect(collector.hellos[0]).toMatchObject({ host: "packaged", agent_version: "1.0.0" });
    const status = readFileSync(`/proc/${agent.pid}/status`, "utf8");
    expect(Number.parseInt(/^CapEff:\s+(\w+)/m.exec(status)?.[1] ?? "", 16)).toBe(bitsOf(grantedCapabilities()));
    expect([...collector.uncatalogued]).toEqual([]);
    // What lacks a right says so.
    expect(printed).not.toMatch(/"level":"(warn|error)"/);
  } finally {
    await end(agent, "SIGTERM");
  }
});

/** As systemd would start it: root with the capabilities of the unit and no others, and an environment of its own. */
function spawnLimited(program: string, args: readonly string[]): ChildProcess {
  const granted = grantedCapabilities().map((name) => `+${name.slice("CAP_".length).toLowerCase()}`);
  const limits = ["--bounding-set", ["-all", ...granted].join(","), "--no-new-privs"];
  return spawn("setpriv", [...limits, program, ...args], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" },
  });
}

function grantedCapabilities(): readonly string[] {
  return (/^CapabilityBoundingSet=(.*)$/m.exec(UNIT)?.[1] ?? "").split(" ");
}

/** Numbers of linux/capability.h. */
function bitsOf(names: readonly string[]): number {
  const numbers: { readonly [name: string]: number } = {
    CAP_DAC_OVERRIDE: 1,
    CAP_DAC_READ_SEARCH: 2,
    CAP_NET_BROADCAST: 11,
    CAP_NET_ADMIN: 12,
    CAP_SYS_PTRACE: 19,
    CAP_SYS_ADMIN: 21,
    CAP_SYSLOG: 34,
  };
  return names.reduce((sum, name) => sum + 2 ** (numbers[name] ?? Number.NaN), 0);
}

test("the unit grants only capabilities that it says a probe needs", () => {
  for (const name of grantedCapabilities()) expect(UNIT).toMatch(new RegExp(`^# ${name}\\s+\\S`, "m"));
});
