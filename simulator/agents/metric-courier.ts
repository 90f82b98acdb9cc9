import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { EpochMs } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import type { Lifetime } from "../../core/lifetime.ts";

export interface CourierOptions {
  readonly collectorUrl: string;
  readonly token: string | undefined;
  /** Random for each process: sequence numbers start again with it. */
  readonly processId: string;
}

export interface MetricCourier {
  /** Lines without a time, and the time they are of. */
  send(lines: readonly string[], at: EpochMs): void;
  readonly figures: CourierFigures;
  isSettled(): boolean;
}

export interface CourierFigures {
  sentLines: number;
  droppedLines: number;
  rejectedLines: number;
  /** What the collector, or the network, last had against a request. */
  trouble: string | undefined;
}

interface Parcel {
  readonly text: string;
  readonly lines: number;
}

const MAX_PARCEL_CHARS = 256 * 1024;
/** Parcels that wait; past it the oldest are dropped and counted. */
const MAX_WAITING = 512;
const AT_ONCE = 4;
const FLUSH_EVERY_MS = 200;
const TIMEOUT_MS = 30_000;
const RETRY_MS = 1_000;
const compress = promisify(gzip);

/** Carries the samples of all hosts to `POST /api/v2/write`, several requests at a time, many hosts in one. */
export function startMetricCourier(options: CourierOptions, lifetime: Lifetime): MetricCourier {
  const figures: CourierFigures = { sentLines: 0, droppedLines: 0, rejectedLines: 0, trouble: undefined };
  const waiting: Parcel[] = [];
  const url = new URL("/api/v2/write?precision=ms", options.collectorUrl);
  let [text, lines] = ["", 0];
  let [sequence, underway] = [0, 0];

  function flush(): void {
    if (lines === 0) return;
    waiting.push({ text, lines });
    [text, lines] = ["", 0];
    while (waiting.length > MAX_WAITING) figures.droppedLines += waiting.shift()?.lines ?? 0;
    for (; underway < AT_ONCE && underway < waiting.length; underway++) void deliver().finally(() => underway--);
  }

  async function deliver(): Promise<void> {
    for (let parcel = waiting.shift(); parcel !== undefined && !lifetime.isOver; parcel = waiting.shift()) {
      await deliverOne(parcel, String(++sequence));
    }
  }

  async function deliverOne(parcel: Parcel, number: string): Promise<void> {
    const body = await compress(parcel.text, { level: 1 });
    while (!lifetime.isOver) {
      const outcome = await post(body, number);
      if (outcome === "sent") figures.sentLines += parcel.lines;
      if (outcome === "rejected") figures.rejectedLines += parcel.lines;
      if (outcome === "sent" || outcome === "rejected") return;
      await wait(outcome.afterMs, undefined, { signal: lifetime.signal }).catch(() => {});
    }
  }

  async function post(
    body: Uint8Array<ArrayBuffer>,
    number: string,
  ): Promise<"sent" | "rejected" | { readonly afterMs: number }> {
    const headers: Record<string, string> = {
      "Content-Type": "text/plain; charset=utf-8",
      "Content-Encoding": "gzip",
      "Nephoscope-Agent": options.processId,
      "Nephoscope-Sequence": number,
    };
    if (options.token !== undefined) headers.Authorization = `Bearer ${options.token}`;
    try {
      const answer = await fetch(url, { method: "POST", headers, body, signal: AbortSignal.timeout(TIMEOUT_MS) });
      const detail = await answer.text();
      if (answer.ok) return "sent";
      figures.trouble = `status ${answer.status}: ${detail.slice(0, 300)}`;
      if (answer.status >= 500 || answer.status === 429 || answer.status === 408) {
        return { afterMs: Math.max(RETRY_MS, Number(answer.headers.get("retry-after") ?? 0) * 1_000) };
      }
      return "rejected";
    } catch (thrown) {
      figures.trouble = messageOf(thrown instanceof Error ? (thrown.cause ?? thrown) : thrown);
      return { afterMs: RETRY_MS };
    }
  }

  const timer = setInterval(flush, FLUSH_EVERY_MS);
  lifetime.defer("metric courier", () => clearInterval(timer));
  return {
    figures,
    isSettled: () => lines === 0 && underway === 0 && waiting.length === 0,
    send(sample, at) {
      for (const line of sample) text += `${line} ${at}\n`;
      lines += sample.length;
      if (text.length >= MAX_PARCEL_CHARS) flush();
    },
  };
}
