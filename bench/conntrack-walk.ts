/**
 * What counting connections costs an agent: its process without a JIT, as `nephoscope agent` runs it, in a network namespace of its own.
 *
 *   $NODE bench/conntrack-walk.ts 100000
 *
 * Needs root, conntrack and unshare. More entries than net.netfilter.nf_conntrack_max has room for need that raised for the time.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "vite";

/** Zones as of a host with 30 networks. */
const ZONES = 30;

function entryLines(entries: number): string {
  return Array.from({ length: entries }, (_, n) => {
    const [a, b] = [`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`, `10.200.0.${(n % 250) + 1}`];
    const port = 1_024 + (n % 60_000);
    return [
      `-A -w ${1 + (n % ZONES)} -t 86400 -u ASSURED -s ${a} -d ${b} -r ${b} -q ${a} -p tcp --sport ${port} --dport 443`,
      `--reply-port-src 443 --reply-port-dst ${port} --state ESTABLISHED`,
    ].join(" ");
  }).join("\n");
}

const folder = mkdtempSync(join(tmpdir(), "nephoscope-bench-"));
await build({
  configFile: false,
  logLevel: "error",
  build: {
    ssr: join(import.meta.dirname, "conntrack-walk-inside.ts"),
    outDir: folder,
    rolldownOptions: { output: { format: "cjs", entryFileNames: "inside.cjs", codeSplitting: false } },
  },
});
const flags = ["--jitless", "--max-semi-space-size=1", "--max-old-space-size=64"];
const entries = join(folder, "entries");
writeFileSync(entries, entryLines(Number(process.argv[2] ?? 100_000)));
const inside = [process.execPath, ...flags, join(folder, "inside.cjs")].map((word) => `'${word}'`).join(" ");
spawnSync("unshare", ["--net", "sh", "-c", `conntrack -R '${entries}' 2>/dev/null; exec ${inside}`], {
  stdio: "inherit",
});
rmSync(folder, { recursive: true });
