import http from "node:http";
import https from "node:https";
import { InfluxDB, setLogger } from "@influxdata/influxdb-client";
import type { Lifetime } from "../../core/lifetime.ts";
import type { SendLines } from "../line-writing/reply.ts";
import type { InfluxTarget } from "./config.ts";
import { replyOf } from "./reply.ts";

export interface TransportLimits {
  /** From the first byte sent to the last received. */
  readonly timeoutMs: number;
  readonly connections: number;
}

/**
 * The official client as a transport only. Its own batching and retrying are off, since they hold lines in memory
 * without a bound and resolve `flush` although lines were dropped: a batch size of two keeps the one record we write
 * waiting until `flush`, which then resolves or rejects with that very request.
 */
export function createTransport(target: InfluxTarget, limits: TransportLimits, lifetime: Lifetime): SendLines {
  // It would print whole requests, lines and headers included; every failure reaches us as a rejection anyway.
  setLogger({ error: () => {}, warn: () => {} });
  const Agent = target.url.startsWith("https:") ? https.Agent : http.Agent;
  const agent = new Agent({ keepAlive: true, maxSockets: limits.connections, scheduling: "lifo" });
  lifetime.defer("connections to InfluxDB", () => agent.destroy());
  return async (body) => {
    // The client's timeout leaves the socket open; aborting closes it.
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), limits.timeoutMs);
    const stop = (): void => abort.abort();
    lifetime.signal.addEventListener("abort", stop, { once: true });
    try {
      await sendOnce(target, body, { agent, signal: abort.signal });
      return { kind: "ok" };
    } catch (thrown) {
      if (!abort.signal.aborted) return replyOf(thrown, target);
      const reason = `${target.url} did not answer within ${limits.timeoutMs / 1_000} s`;
      return { kind: "retry", afterMs: undefined, reason };
    } finally {
      clearTimeout(timer);
      lifetime.signal.removeEventListener("abort", stop);
    }
  };
}

async function sendOnce(
  target: InfluxTarget,
  body: string,
  transportOptions: { readonly agent: http.Agent | https.Agent; readonly signal: AbortSignal },
): Promise<void> {
  const client = new InfluxDB({ url: target.url, headers: { ...target.headers }, timeout: 0, transportOptions });
  const writer = client.getWriteApi("", "", "ms", {
    batchSize: 2,
    flushInterval: 0,
    maxRetries: 0,
    maxBufferLines: 0,
    maxBatchBytes: Number.MAX_SAFE_INTEGER,
    gzipThreshold: 1_000,
  });
  writer.path = target.writePath;
  writer.writeRecord(body);
  await writer.flush();
}
