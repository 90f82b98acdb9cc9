// The load of bench/metrics-soak.ts, in a process of its own so that what it costs is told apart: each host writes one body a tick, the
// hosts evenly one after the other. Started by `soak-load.ts`; ends when it is told to, or when its parent is gone.
import { setTimeout as wait } from "node:timers/promises";
import { bodyAt, gzipped, replacing } from "./metric-load.ts";
import { PostConnection } from "./post-connection.ts";
import type { FromLoad, SoakLoadOptions } from "./soak-load.ts";

const { url, seed, hosts, tickMs, churnPerHour, clockShiftMs, connections }: SoakLoadOptions = JSON.parse(
  process.argv[2] ?? "{}",
);
const WINDOW_MS = 10_000;
const generationOf = replacing((churnPerHour * tickMs) / 3_600_000);
const target = new URL(`${url}/write?precision=ms`);
const free: PostConnection[] = [];
const stop = new AbortController();
process.once("message", () => stop.abort());
process.once("disconnect", () => process.exit(0));
process.on("SIGINT", () => {});

const begun = performance.now();
const beginAt = Date.now() + clockShiftMs;
let [turn, bodies, bytes, later] = [0, 0, 0, 0];
let [tookMs, lateMs]: [number[], number[]] = [[], []];

const timer = setInterval(tell, WINDOW_MS);
await Promise.all(Array.from({ length: connections }, send));
clearInterval(timer);
for (const connection of free) connection.close();
tell();
process.disconnect();

async function send(): Promise<void> {
  while (!stop.signal.aborted) {
    const [host, tick] = [turn % hosts, Math.floor(turn / hosts)];
    const due = (turn++ / hosts) * tickMs;
    const early = begun + due - performance.now();
    if (early > 0) await wait(early, undefined, { signal: stop.signal }).catch(() => {});
    if (stop.signal.aborted) break;
    const body = gzipped(bodyAt({ seed, host, tick, at: Math.floor(beginAt + due) }, generationOf));
    const sent = performance.now();
    lateMs.push(Math.max(0, sent - begun - due));
    for (let status = await post(body); status !== 204; status = await post(body)) {
      if (status !== 429 && status !== 503) throw new Error(`the server answered ${status}`);
      later++;
      await wait(100);
    }
    tookMs.push(performance.now() - sent);
    bodies++;
    bytes += body.length;
  }
}

/** Over the connection that was used last, or a new one when none is free; one kept open may be closed just when it is used again. */
async function post(body: Buffer): Promise<number> {
  const kept = free.pop();
  if (kept?.isClosed === true) return post(body);
  const connection = kept ?? new PostConnection(target);
  try {
    const status = await connection.post(body);
    free.push(connection);
    return status;
  } catch (error) {
    if (kept === undefined) throw error;
    return post(body);
  }
}

function tell(): void {
  const { user, system } = process.cpuUsage();
  const told: FromLoad = { bodies, bytes, later, tookMs, lateMs, cpuSeconds: (user + system) / 1e6 };
  process.send?.(told);
  [tookMs, lateMs] = [[], []];
}
