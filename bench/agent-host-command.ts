import { execFile, spawn } from "node:child_process";

const TIMEOUT_MS = 300_000;
const ERRORS_KEPT = 2_000;

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

/** Starts a command that goes on until the sandbox ends; that it ends before is an error. */
export function standing(file: string, ...args: readonly string[]): void {
  let errors = "";
  const child = spawn(file, args, { stdio: ["ignore", "ignore", "pipe"] });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors = (errors + text).slice(-ERRORS_KEPT);
  });
  child.on("error", (cause) => {
    throw new Error(`cannot start ${file}`, { cause });
  });
  child.on("exit", () => {
    throw new Error(`${file} ended: ${errors}`);
  });
}
