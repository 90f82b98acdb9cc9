import { existsSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";
import type { ProcReader } from "../proc-reader.ts";

const TIMEOUT_MS = 5_000;
const MAX_ANSWER_CHARS = 8 * 1024 * 1024;

/** What `ovs-appctl` would print for a command; undefined where there is no switch, and where it refuses or does not answer. */
export type SwitchCall = (method: string, params: readonly string[]) => Promise<string | undefined>;

/** By the control socket beside the pid file of ovs-vswitchd: JSON-RPC 1.0, ovs-appctl(8). One connection for each call. */
export function createSwitchCall(proc: ProcReader, runFolder: string): SwitchCall {
  return async (method, params) => {
    const pid = proc.text(join(runFolder, "ovs-vswitchd.pid"))?.trim();
    const path = [`ovs-vswitchd.${pid}.ctl`, "ovs-vswitchd.ctl"].map((it) => join(runFolder, it)).find(existsSync);
    return path === undefined ? undefined : call(path, method, params);
  };
}

function call(path: string, method: string, params: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    const pieces: string[] = [];
    let chars = 0;
    const end = (answer: string | undefined) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setEncoding("utf8");
    socket.setTimeout(TIMEOUT_MS, () => end(undefined));
    socket.on("error", () => end(undefined));
    socket.on("close", () => end(undefined));
    socket.on("data", (piece: string) => {
      pieces.push(piece);
      chars += piece.length;
      if (chars > MAX_ANSWER_CHARS) end(undefined);
      // The answer is one object; what it ends with tells when it may be whole.
      else if (piece.trimEnd().endsWith("}")) {
        const answer = parseAnswer(pieces.join(""));
        if (answer !== undefined) end(answer.result);
      }
    });
    socket.write(JSON.stringify({ id: 0, method, params }));
  });
}

/** Undefined: not whole yet. */
function parseAnswer(text: string): { readonly result: string | undefined } | undefined {
  try {
    const answer: unknown = JSON.parse(text);
    const result = typeof answer === "object" && answer !== null && "result" in answer ? answer.result : undefined;
    return { result: typeof result === "string" ? result : undefined };
  } catch {
    return undefined;
  }
}
