import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, test } from "vitest";

const ROOT = resolve(import.meta.dirname, "..");
const PARTS = [
  "agent",
  "alerts",
  "bench",
  "cli",
  "collector",
  "core",
  "deploy",
  "grafana",
  "promql",
  "simulator",
  "store",
  "test",
  "topology",
  "web",
];
const LONGEST_FILE_LINES = 300;

const files = PARTS.flatMap((part) => typescriptBelow(join(ROOT, part))).map((path) => ({
  path: relative(ROOT, path),
  text: readFileSync(path, "utf8"),
}));
const sources = files.filter(({ path }) => !path.startsWith("test/") && !path.startsWith("bench/"));
const arrows = parseArrows(readFileSync(join(ROOT, "docs/architecture.md"), "utf8"));

describe("import arrows of docs/architecture.md", () => {
  test("every folder with code has a line, and no line is for nothing", () => {
    const folders = new Set(files.map(({ path }) => folderOf(path)));
    expect([...folders].filter((folder) => folder === undefined)).toEqual([]);
    expect([...arrows.keys()].filter((folder) => !folders.has(folder))).toEqual([]);
  });

  test("no file imports against an arrow", () => {
    const wrong = files.flatMap(({ path, text }) =>
      importsOf(text)
        .filter((specifier) => specifier.startsWith("."))
        .map((specifier) => relative(ROOT, resolve(ROOT, dirname(path), specifier)))
        .filter((target) => !isAllowed(path, target))
        .map((target) => `${path} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  test("core and the page import nothing of Node", () => {
    const wrong = files
      .filter(
        ({ path }) =>
          /^(core|web\/ui|web\/api|topology\/model|promql)\//.test(path) && !path.endsWith("vite.config.ts"),
      )
      .filter(({ text }) => importsOf(text).some((specifier) => specifier.startsWith("node:")));
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });
});

describe("house rules", () => {
  test(`no file is longer than ${LONGEST_FILE_LINES} lines`, () => {
    const long = files.map(({ path, text }) => ({ path, lines: text.split("\n").length - 1 }));
    expect(long.filter(({ lines }) => lines > LONGEST_FILE_LINES)).toEqual([]);
  });

  test("only core/clock.ts reads the clock", () => {
    const reads = /\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(|\bprocess\.hrtime\b/;
    const wrong = sources.filter(({ path, text }) => path !== "core/clock.ts" && reads.test(text));
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });

  test("one module knows Feishu's SDK: its types alone cost the compiler 300 MB", () => {
    const knowing = sources.filter(({ text }) => text.includes("@larksuiteoapi/node-sdk"));
    expect(knowing.map(({ path }) => path)).toEqual(["alerts/notify/feishu/app-client.ts"]);
  });

  test("file names are kebab-case and say something", () => {
    const names = files.map(({ path }) => path.split("/").at(-1) ?? "");
    expect(
      names.filter((name) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.(test|contract|config|d))?\.(ts|tsx)$/.test(name)),
    ).toEqual([]);
    expect(names.filter((name) => /\b(utils?|helpers?|common|misc|manager)\b/.test(name))).toEqual([]);
  });

  test("integration tests that run side by side make nothing a machine has once and bound no time: those are in alone/", () => {
    const kernel =
      "namespaces|open-vswitch|scenarios|libvirtd|frr|gobgpd|lldpd|conntrack-entries|running-agent|memory-limit";
    const programs = "ip|tc|unshare|sysctl|conntrack|iptables|nft";
    const alone = new RegExp(`/(${kernel})\\.ts"|"(${programs})",|\\b(performance\\.now|cpuUsage)\\(`);
    const beside = files.filter(({ path }) => /^test\/integration\/[^/]+\.test\.ts$/.test(path));
    expect(beside.filter(({ text }) => alone.test(text)).map(({ path }) => path)).toEqual([]);
  });

  test("no test is switched off", () => {
    const off = /\b(it|test|describe)\.(skip|only|todo|fails)\b/;
    const self = "test/tidy.test.ts";
    expect(files.filter(({ path, text }) => path !== self && off.test(text)).map(({ path }) => path)).toEqual([]);
  });

  test("signals are not joined in a loop: AbortSignal.any leaks on a long-lived signal", () => {
    expect(sources.filter(({ text }) => text.includes("AbortSignal.any(")).map(({ path }) => path)).toEqual([]);
  });
});

function typescriptBelow(folder: string): string[] {
  const names = statSync(folder, { throwIfNoEntry: false }) === undefined ? [] : readdirSync(folder);
  return names.flatMap((name) => {
    const path = join(folder, name);
    if (name === "node_modules" || name === "dist" || name === "artifacts") return [];
    if (statSync(path).isDirectory()) return typescriptBelow(path);
    return /\.tsx?$/.test(name) ? [path] : [];
  });
}

function parseArrows(markdown: string): ReadonlyMap<string, readonly string[]> {
  const block = /```arrows\n([\s\S]*?)```/.exec(markdown)?.[1] ?? "";
  const lines = block.split("\n").filter((line) => line.includes("->"));
  return new Map(
    lines.map((line) => {
      const [folder, targets] = line.split("->");
      return [(folder ?? "").trim(), (targets ?? "").trim().split(/\s+/).filter(Boolean)];
    }),
  );
}

/** The longest folder with an arrow that a path lies in. */
function folderOf(path: string): string | undefined {
  return [...arrows.keys()].filter((folder) => path.startsWith(`${folder}/`)).sort((a, b) => b.length - a.length)[0];
}

function isAllowed(from: string, target: string): boolean {
  const own = folderOf(from);
  if (own === undefined) return false;
  if (target.startsWith(`${own}/`)) return true;
  const allowed = arrows.get(own) ?? [];
  return allowed.includes("*") || allowed.some((folder) => target.startsWith(`${folder}/`));
}

function importsOf(text: string): string[] {
  const pattern =
    /(?:^|\n)\s*(?:import|export)\s[^;]*?\sfrom\s+"([^"]+)"|\bimport\(\s*"([^"]+)"\s*\)|(?:^|\n)import\s+"([^"]+)"/g;
  return [...text.matchAll(pattern)].map((match) => match[1] ?? match[2] ?? match[3] ?? "");
}
