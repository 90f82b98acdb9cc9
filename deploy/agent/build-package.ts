// Makes the Debian package of the agent: `npm run build:agent [-- --out FOLDER] [--compression xz|none] [--version V]`. The same sources and runtime give the same bytes.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import {
  CONFIGURATION_FILES,
  controlText,
  debianArchitecture,
  type PackageParts,
  packagedFiles,
} from "./package-layout.ts";

const ROOT = join(import.meta.dirname, "../..");
const SCRIPTS = ["postinst", "prerm", "postrm"] as const;

/** Times of all files in the package: the archive tells nothing of when it was made. */
const EPOCH_SECONDS = 1_577_836_800;

const { values } = parseArgs({
  options: { out: { type: "string" }, compression: { type: "string" }, version: { type: "string" } },
});
const out = values.out ?? join(ROOT, "dist");
const architecture = debianArchitecture(process.arch);
if (architecture === undefined) fail(`no package is made for ${process.arch}`, "build on x86-64 or arm64");
if (spawnSync("dpkg-deb", ["--version"]).status !== 0) {
  fail("dpkg-deb is missing", "build on Debian or Ubuntu, or install the package dpkg");
}

const nodeLicense = join(dirname(process.execPath), "../LICENSE");
const parts: PackageParts = {
  version:
    values.version ?? /"version":\s*"([^"]+)"/.exec(readFileSync(join(ROOT, "package.json"), "utf8"))?.[1] ?? "0",
  architecture,
  node: process.execPath,
  nodeLicense: existsSync(nodeLicense) ? nodeLicense : undefined,
  bundle: join(ROOT, ".runtime/agent/agent.cjs"),
  deploy: import.meta.dirname,
  license: join(ROOT, "LICENSE"),
  configSchema: join(ROOT, "config.schema.json"),
};

const tree = mkdtempSync(join(tmpdir(), "nephoscope-package-"));
try {
  const bytes = layOut(tree, parts);
  control(tree, parts, bytes);
  settleTimes(tree);
  mkdirSync(out, { recursive: true });
  const path = join(out, `nephoscope-agent_${parts.version}_${architecture}.deb`);
  pack(tree, path);
  const digest = createHash("sha256").update(readFileSync(path)).digest("hex");
  process.stdout.write(`${path}\n${(statSync(path).size / 1e6).toFixed(1)} MB, sha256 ${digest}\n`);
} finally {
  rmSync(tree, { recursive: true, force: true });
}

/** Gives how many bytes the files have. */
function layOut(folder: string, package_: PackageParts): number {
  let bytes = 0;
  for (const { path, mode, content } of packagedFiles(package_)) {
    const target = join(folder, path);
    mkdirSync(dirname(target), { recursive: true, mode: 0o755 });
    if ("text" in content) writeFileSync(target, content.text);
    else copyFileSync(content.copyOf, target);
    chmodSync(target, mode);
    bytes += statSync(target).size;
  }
  return bytes;
}

function control(folder: string, package_: PackageParts, bytes: number): void {
  const debian = join(folder, "DEBIAN");
  mkdirSync(debian, { mode: 0o755 });
  writeFileSync(join(debian, "control"), controlText(package_, Math.ceil(bytes / 1024)));
  writeFileSync(join(debian, "conffiles"), CONFIGURATION_FILES);
  for (const script of SCRIPTS) {
    copyFileSync(join(package_.deploy, script), join(debian, script));
    chmodSync(join(debian, script), 0o755);
  }
  for (const name of ["control", "conffiles"]) chmodSync(join(debian, name), 0o644);
}

/** Folders last: what is written into them changes their times. */
function settleTimes(folder: string): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) settleTimes(path);
    else utimesSync(path, EPOCH_SECONDS, EPOCH_SECONDS);
  }
  chmodSync(folder, 0o755);
  utimesSync(folder, EPOCH_SECONDS, EPOCH_SECONDS);
}

function pack(folder: string, path: string): void {
  // One thread: blocks of several would depend on how many there are.
  const compression = values.compression === "none" ? ["-Znone"] : ["-Zxz", "-z3"];
  const env = { ...process.env, SOURCE_DATE_EPOCH: String(EPOCH_SECONDS), DPKG_DEB_THREADS_MAX: "1" };
  const done = spawnSync("dpkg-deb", ["--root-owner-group", ...compression, "--build", folder, path], {
    env,
    encoding: "utf8",
  });
  if (done.status !== 0) fail(`dpkg-deb failed: ${done.stderr.trim()}`, "is there room on the disk?");
}

function fail(text: string, hint: string): never {
  process.stderr.write(`nephoscope: ${text}\n  hint: ${hint}\n`);
  process.exit(1);
}
