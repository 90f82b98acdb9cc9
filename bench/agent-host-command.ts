import { execFile, spawn } from "node:child_process";

const TIMEOUT_MS = 300_000;

/** Runs a command to its end and gives what it printed; what takes minutes may. Throws with its error output when it fails. */
export function command(file: string, ...args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { timeout: TIMEOUT_MS, maxBuffer: 2 ** 26, env: { ...process.env, LC_ALL: "C" } };
    execFile(file, args, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${file} ${args.slice(0, 6).join(" ")}: ${stderr.trim() || error.message}`));
    });
  });
}

/** Starts a command that goes on until the sandbox ends. */
export function standing(file: string, ...args: readonly string[]): void {
  spawn(file, args, { stdio: "ignore" }).on("error", (cause) => {
    throw new Error(`cannot start ${file}`, { cause });
  });
}
