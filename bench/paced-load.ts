import { Agent, request } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { bodyOf, gzipped, hostName } from "./metric-load.ts";

const TICK_MS = 10_000;
const SEED = 1;

/** A cloud that sends: each host once in ten seconds, one after the other, until it is stopped. */
export interface PacedLoad {
  /** Times of what was acknowledged, by host. */
  readonly acknowledged: ReadonlyMap<string, readonly number[]>;
  /** Bytes acknowledged, as they were sent. */
  readonly bytes: () => number;
  readonly bodies: () => number;
  /** Milliseconds each write took. */
  readonly took: readonly number[];
  stop(): Promise<void>;
}

export function startPacedLoad(url: string, hosts: number): PacedLoad {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const acknowledged = new Map<string, number[]>();
  const took: number[] = [];
  const stop = new AbortController();
  let [bytes, bodies, next] = [0, 0, 0];
  const begun = Date.now();
  const worker = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      const turn = next++;
      const [host, tick] = [turn % hosts, Math.floor(turn / hosts)];
      const due = begun + (turn / hosts) * TICK_MS;
      await wait(Math.max(0, due - Date.now()), undefined, { signal: stop.signal }).catch(() => {});
      if (stop.signal.aborted) return;
      const at = begun + tick * TICK_MS;
      const body = gzipped(bodyOf(SEED, host, tick, at));
      const started = performance.now();
      for (let status = await post(agent, url, body); status !== 204; status = await post(agent, url, body)) {
        if (status !== 429) throw new Error(`the collector answered ${status}`);
        await wait(100);
      }
      took.push(performance.now() - started);
      bytes += body.length;
      bodies++;
      const times = acknowledged.get(hostName(host)) ?? [];
      acknowledged.set(hostName(host), [...times, at]);
    }
  };
  const running = Promise.all(Array.from({ length: 8 }, worker));
  // Told when it is stopped; a collector that is gone must not end the bench before it has told why.
  running.catch(() => {});
  return {
    acknowledged,
    took,
    bytes: () => bytes,
    bodies: () => bodies,
    stop: async () => {
      stop.abort();
      await running;
      agent.destroy();
    },
  };
}

function post(agent: Agent, url: string, body: Buffer): Promise<number> {
  const headers = { "content-encoding": "gzip", "content-length": body.length };
  return new Promise((resolve, reject) => {
    const sent = request(`${url}/write?precision=ms`, { method: "POST", agent, headers }, (reply) => {
      reply.resume();
      reply.once("end", () => resolve(reply.statusCode ?? 0));
    });
    sent.once("error", reject);
    sent.end(body);
  });
}
