import { createServer } from "node:net";
import { resolve } from "node:path";
import { crc32 } from "node:zlib";
import type { Lifetime } from "../core/lifetime.ts";
import type { Log } from "../core/log.ts";
import { waitUnlessOver } from "../core/wait.ts";

/** An agent that is started anew may meet the one before while that ends. */
const TRIES = 10;
const TRY_AGAIN_MS = 300;

/**
 * The folder for what must outlive this agent, when no other process has it: two would send and remove each other's batches. Held by a
 * name of the kernel (an abstract Unix socket), which is free at once when a process is killed. Undefined: nothing is to outlive it.
 */
export async function claimStateFolder(
  folder: string | undefined,
  log: Log,
  lifetime: Lifetime,
): Promise<string | undefined> {
  if (folder === undefined) return undefined;
  const path = resolve(folder);
  for (let n = 0; n < TRIES && !lifetime.isOver; n++) {
    if (await claimed(`\0nephoscope-agent-${crc32(path).toString(16)}-${path.slice(-60)}`, lifetime)) return path;
    await waitUnlessOver(TRY_AGAIN_MS, lifetime.signal);
  }
  if (!lifetime.isOver) {
    const hint = "give each agent on this host an agent.state_folder of its own";
    log.warn({ folder: path, hint }, "another agent uses the state folder, nothing outlives this one");
  }
  return undefined;
}

function claimed(name: string, lifetime: Lifetime): Promise<boolean> {
  return new Promise((done) => {
    const server = createServer((connection) => connection.destroy());
    server.on("error", () => done(false));
    server.listen(name, () => {
      server.unref();
      if (lifetime.isOver) server.close();
      else lifetime.defer("claim of the state folder", () => void server.close());
      done(true);
    });
  });
}
