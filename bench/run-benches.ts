import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpus, loadavg, release, totalmem } from "node:os";
import { join } from "node:path";
import { closingTable, type FoundLine, foundLines, NOT_PRINTED, type PromisedLine } from "./closing-table.ts";

export interface Bench {
  readonly what: string;
  /** In this folder. */
  readonly file: string;
  readonly flags: readonly string[];
  /** Of these a table is printed at the end. */
  readonly promised?: readonly PromisedLine[];
}

/** One after another, each in a process of its own; sets the exit code. */
export async function runBenches(benches: readonly Bench[]): Promise<void> {
  console.log(
    `${cpus().length} x ${cpus()[0]?.model.trim()}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Linux ${release()}, Node ${process.version}, load ${loadavg()[0]?.toFixed(1)}`,
  );
  let isInterrupted = false;
  // The bench that runs hears it, too, and ends what it started.
  process.on("SIGINT", () => {
    isInterrupted = true;
  });
  const lines: FoundLine[] = [];
  let failed = 0;
  for (const { what, file, flags, promised = [] } of benches) {
    if (isInterrupted) break;
    console.log(`\n== ${what} (bench/${file} ${flags.join(" ")})`);
    const { code, printed } = await run(join(import.meta.dirname, file), flags);
    const found = foundLines(promised, printed);
    lines.push(...found);
    if (code !== 0 || found.some((line) => line.found === NOT_PRINTED)) failed++;
  }
  if (lines.length > 0) console.log(`\n${closingTable(lines)}`);
  console.log(failed === 0 ? "\nall benches ran" : `\n${failed} of ${benches.length} benches failed`);
  process.exitCode = failed === 0 && !isInterrupted ? 0 : 1;
}

async function run(
  path: string,
  flags: readonly string[],
): Promise<{ readonly code: number; readonly printed: string }> {
  const bench = spawn(process.execPath, ["--expose-gc", path, ...flags], { stdio: ["inherit", "pipe", "inherit"] });
  let printed = "";
  bench.stdout.setEncoding("utf8").on("data", (text: string) => {
    printed += text;
    process.stdout.write(text);
  });
  const [code] = await once(bench, "close");
  return { code: typeof code === "number" ? code : 1, printed };
}
