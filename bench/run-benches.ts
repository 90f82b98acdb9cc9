import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpus, loadavg, release, totalmem } from "node:os";
import { join } from "node:path";

export interface Bench {
  readonly what: string;
  /** In this folder. */
  readonly file: string;
  readonly flags: readonly string[];
}

/** One after another, each in a process of its own; sets the exit code. */
export async function runBenches(benches: readonly Bench[]): Promise<void> {
  console.log(
    `${cpus().length} x ${cpus()[0]?.model.trim()}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Linux ${release()}, Node ${process.version}, load ${loadavg()[0]?.toFixed(1)}`,
  );
  let failed = 0;
  for (const { what, file, flags } of benches) {
    console.log(`\n== ${what} (bench/${file} ${flags.join(" ")})`);
    const bench = spawn(process.execPath, ["--expose-gc", join(import.meta.dirname, file), ...flags], {
      stdio: "inherit",
    });
    const [code] = await once(bench, "exit");
    if (code !== 0) failed++;
  }
  console.log(failed === 0 ? "\nall benches ran" : `\n${failed} of ${benches.length} benches failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}
