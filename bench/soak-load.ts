import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

export interface SoakLoadOptions {
  readonly url: string;
  readonly seed: number;
  readonly hosts: number;
  /** Each host writes once in so long. */
  readonly tickMs: number;
  /** Share of the series that is new within an hour. */
  readonly churnPerHour: number;
  /** How far the times of the samples are ahead of the machine's clock. */
  readonly clockShiftMs: number;
  readonly connections: number;
}

/** What the load tells of itself every ten seconds. */
export interface FromLoad {
  /** Acknowledged so far. */
  readonly bodies: number;
  readonly bytes: number;
  /** Answers so far that said: later. */
  readonly later: number;
  /** Of each write since it told the last time: from the first try to the 204. */
  readonly tookMs: readonly number[];
  /** How much later than planned each was sent: no connection was free, or the load itself too slow. */
  readonly lateMs: readonly number[];
  readonly cpuSeconds: number;
}

export interface SoakLoad {
  /** Once in ten seconds. */
  readonly onTold: (listener: (told: FromLoad) => void) => void;
  /** Resolves, with what it told last, when all that was sent is acknowledged. */
  stop(): Promise<FromLoad>;
  kill(): void;
  /** Rejects when it ends without being asked to. */
  readonly failed: Promise<never>;
}

const LAST_ANSWERS_MS = 60_000;
const PROGRAM = join(import.meta.dirname, "soak-load-process.ts");

export function startSoakLoad(options: SoakLoadOptions): SoakLoad {
  const child = fork(PROGRAM, [JSON.stringify(options)], { execArgv: [], stdio: "inherit" });
  let isAsked = false;
  const failed = once(child, "exit").then(([code]) => {
    if (isAsked) return new Promise<never>(() => {});
    throw new Error(`the load ended with ${code}`);
  });
  failed.catch(() => {});
  return {
    onTold: (listener) => child.on("message", (told: FromLoad) => listener(told)),
    stop: async () => {
      isAsked = true;
      return stopped(child);
    },
    kill: () => {
      isAsked = true;
      child.kill("SIGKILL");
    },
    failed,
  };
}

async function stopped(child: ChildProcess): Promise<FromLoad> {
  let last: FromLoad | undefined;
  child.on("message", (told: FromLoad) => {
    last = told;
  });
  const gone = once(child, "exit");
  child.send("stop");
  const limit = setTimeout(() => child.kill("SIGKILL"), LAST_ANSWERS_MS);
  const [code] = await gone;
  clearTimeout(limit);
  if (code !== 0 || last === undefined) throw new Error("the last bodies were not acknowledged within a minute");
  return last;
}
