#!/usr/bin/env node
// Starts Nephoscope with nothing installed but npm and any Node from 18 on: fetches Node 24 where this one is older,
// installs the packages of the lock file, builds the page when its sources changed, then runs what was asked for.
// Plain JavaScript on purpose: it must run before anything is installed.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(fileURLToPath(import.meta.url));
const RUNTIME_MAJOR = 24;
const RUNTIME_NOTE = join(ROOT, ".runtime", "node-path");
const INSTALLED_STAMP = join(ROOT, "node_modules", ".nephoscope-installed");

/** Small heaps, and no machine code made at run time: what an agent does in ten seconds takes milliseconds either way. As in deploy/agent. */
const AGENT_FLAGS = [
  "--jitless",
  "--optimize-for-size",
  "--v8-pool-size=1",
  "--max-semi-space-size=1",
  "--max-old-space-size=64",
];

/** Program=Debian package: what a host is made of, and what the agent is measured beside. */
const AGENT_BENCH_PROGRAMS = [
  ...["ovs-vswitchd=openvswitch-switch", "libvirtd=libvirt-daemon", "virsh=libvirt-clients", "conntrack=conntrack"],
  ...["qemu-system-x86_64=qemu-system-x86", "busybox=busybox-static", "ip=iproute2", "ethtool=ethtool"],
  ...["unshare=util-linux", "mount=mount", "perl=perl-base"],
  ...["prometheus-node-exporter=prometheus-node-exporter", "collectd=collectd-core", "netdata=netdata-core"],
];

const [task = "start", ...rest] = process.argv.slice(2);
const node = runtime();
const env = {
  ...process.env,
  PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ""}`,
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(ROOT, ".runtime", "compile-cache"),
};

switch (task) {
  case "start":
    install();
    buildPage();
    run([cli(), "up", ...rest]);
    break;
  case "test":
    install();
    buildPage();
    step([join(ROOT, "test", "system-packages.mjs")]);
    run([bin("vitest", "vitest.mjs"), "run", ...rest]);
    break;
  case "agent":
    install();
    buildAgent();
    // One pool of memory for all threads.
    env.MALLOC_ARENA_MAX = "1";
    run([...AGENT_FLAGS, join(ROOT, ".runtime", "agent", "agent.cjs"), ...rest]);
    break;
  case "check":
    install();
    step([bin("@biomejs/biome", "bin/biome"), "check", "--error-on-warnings", "."]);
    step([bin("typescript", "bin/tsc"), "--project", "."]);
    step([bin("knip", "bin/knip.js")]);
    run([bin("vitest", "vitest.mjs"), "run", "--project", "unit", "test/tidy.test.ts"]);
    break;
  case "build":
    install();
    buildPage();
    buildAgent();
    break;
  case "build:agent":
    install();
    buildAgent();
    run([join(ROOT, "deploy", "agent", "build-package.ts"), ...rest]);
    break;
  case "bench:agent":
    install();
    buildAgent();
    step([join(ROOT, "test", "system-packages.mjs"), ...AGENT_BENCH_PROGRAMS]);
    run([join(ROOT, "bench", "agent.ts"), ...rest]);
    break;
  case "bench:openstack":
    install();
    run([join(ROOT, "bench", "openstack-sync.ts"), ...rest]);
    break;
  case "bench:capacity":
  case "bench:live":
  case "bench:metrics":
  case "bench:topology":
    install();
    buildPage();
    run([join(ROOT, "bench", `${task.slice("bench:".length)}.ts`), ...rest]);
    break;
  default:
    install();
    run([cli(), task, ...rest]);
}

/** The path of a Node that is new enough: this one, the one fetched before, or one fetched now through npm. */
function runtime() {
  if (Number(process.versions.node.split(".")[0]) >= RUNTIME_MAJOR) return process.execPath;
  if (existsSync(RUNTIME_NOTE)) {
    const noted = readFileSync(RUNTIME_NOTE, "utf8").trim();
    if (existsSync(noted)) return noted;
  }
  const name = `node-${process.platform}-${process.arch}`;
  say(`this Node is ${process.version}; fetching Node ${RUNTIME_MAJOR} (${name}) ...`);
  const fetched = spawnSync(
    "npm",
    ["exec", "--yes", `--package=${name}@${RUNTIME_MAJOR}`, "--", "node", "-p", "process.execPath"],
    { cwd: ROOT, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] },
  );
  const path = (fetched.stdout ?? "").trim().split("\n").at(-1) ?? "";
  if (fetched.status !== 0 || !existsSync(path)) {
    fail(
      `cannot fetch Node ${RUNTIME_MAJOR} for ${process.platform} ${process.arch}`,
      "install Node 24 or newer and try again",
    );
  }
  mkdirSync(dirname(RUNTIME_NOTE), { recursive: true });
  writeFileSync(RUNTIME_NOTE, `${path}\n`);
  return path;
}

/** `npm ci`, unless what is installed is what the lock file says. */
function install() {
  const wanted = createHash("sha256")
    .update(readFileSync(join(ROOT, "package-lock.json")))
    .digest("hex");
  if (existsSync(INSTALLED_STAMP) && readFileSync(INSTALLED_STAMP, "utf8") === wanted) return;
  say("installing packages ...");
  const done = spawnSync("npm", ["ci", "--engine-strict", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: ROOT,
    env,
    stdio: ["ignore", 2, "inherit"],
  });
  if (done.status !== 0)
    fail("npm ci failed", "its own message stands above; check the connection to your npm registry");
  writeFileSync(INSTALLED_STAMP, wanted);
}

function buildPage() {
  buildWhenChanged({
    what: "the page",
    config: "web/ui/vite.config.ts",
    out: "web/ui/dist",
    sources: ["core", "topology/model", "web/api", "web/ui", "package-lock.json"],
  });
}

/** One plain JavaScript file: an agent is to be small, see docs/adr/0006-the-agent-is-bundled.md. */
function buildAgent() {
  buildWhenChanged({
    what: "the agent",
    config: "cli/agent-bundle.config.ts",
    out: ".runtime/agent",
    sources: ["agent", "cli", "core", "package.json", "package-lock.json"],
  });
}

/** Runs vite, unless the last build was from the same files. */
function buildWhenChanged({ what, config, out, sources }) {
  const hash = createHash("sha256");
  for (const source of sources) addToHash(hash, join(ROOT, source));
  const wanted = hash.digest("hex");
  const stamp = join(ROOT, out, ".built-from");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  say(`building ${what} ...`);
  step([bin("vite", "bin/vite.js"), "build", "--config", join(ROOT, config), "--logLevel", "error"]);
  writeFileSync(stamp, wanted);
}

function addToHash(hash, path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) {
    hash.update(`${path} ${stat.size} ${stat.mtimeMs}\n`);
    return;
  }
  for (const name of readdirSync(path).sort()) {
    if (name !== "dist" && name !== "node_modules") addToHash(hash, join(path, name));
  }
}

/** Runs and waits; ends the launcher when it fails. */
function step(args) {
  const done = spawnSync(node, args, { cwd: ROOT, env, stdio: "inherit" });
  if (done.status !== 0) process.exit(done.status ?? 1);
}

/** Runs to its end as if it were this process: signals go in, the exit code comes out. */
function run(args) {
  const child = spawn(node, args, { cwd: process.cwd(), env, stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => process.exit(code ?? (signal === null ? 1 : 128)));
}

function cli() {
  return join(ROOT, "cli", "main.ts");
}

function bin(name, path) {
  return join(ROOT, "node_modules", name, path);
}

function say(text) {
  process.stderr.write(`nephoscope: ${text}\n`);
}

function fail(text, hint) {
  process.stderr.write(`nephoscope: ${text}\n  hint: ${hint}\n`);
  process.exit(1);
}
