import { setTimeout as wait } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import type { Clock } from "../../core/clock.ts";
import type { Lifetime } from "../../core/lifetime.ts";
import type { Log } from "../../core/log.ts";
import { redactSecrets } from "../../core/redact-secrets.ts";
import type { RecordSpan, SpanOutcome } from "../../core/span.ts";
import { formatTraceparent, type TraceContext } from "../../core/trace.ts";
import type { CollectorTls } from "../collector-tls.ts";
import type { Batch } from "./batch.ts";
import type { BatchQueue } from "./batch-queue.ts";
import { traceOfAttempt } from "./batch-trace.ts";
import { createWriter, type WriteOutcome, type Writer } from "./write-request.ts";

/** Text in one request, before compression; well below what a collector takes. */
const MAX_BATCH_CHARS = 256 * 1024;

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 30_000;

/** A window as large as there is: what names a port or a machine comes again in several measurements. */
const GZIP = { level: 9, windowBits: 15, memLevel: 8 } as const;

export interface MetricSenderOptions {
  readonly collectorUrl: string;
  readonly token: string | undefined;
  readonly tls?: CollectorTls | undefined;
  /** Random for each process: sequence numbers start again with it. */
  readonly agentProcessId: string;
  readonly random: (bytes: Uint8Array<ArrayBuffer>) => void;
  readonly firstRetryMs?: number;
  /** Told of each attempt to deliver a batch. */
  readonly spans?: { readonly record: RecordSpan; readonly clock: Clock } | undefined;
}

export interface MetricSender {
  /** Queues the lines of one sample. */
  send(lines: readonly string[]): void;
  readonly bufferedBytes: number;
  /** Lines lost since the start because the buffer was full. */
  readonly droppedLines: number;
  /** Lines in requests that the collector refused for good; it may have kept the good ones among them. */
  readonly rejectedLines: number;
}

/**
 * Sends what is in the queue, oldest first, one request at a time, and goes on trying until the lifetime ends; what is not delivered then
 * stays in the queue's folder.
 */
export function startMetricSender(
  options: MetricSenderOptions,
  buffer: BatchQueue,
  log: Log,
  lifetime: Lifetime,
): MetricSender {
  const writer = createWriter(options.collectorUrl, options.tls);
  const outage = createOutageLog(redactSecrets(options.collectorUrl), log);
  let sequence = 0;
  let rejectedLines = 0;
  let wake = Promise.withResolvers<void>();

  async function run(): Promise<void> {
    while (!lifetime.isOver) {
      const woken = wake.promise;
      const batch = await buffer.take();
      if (batch === undefined) await woken;
      else await sendUntilSettled(batch);
    }
  }

  async function sendUntilSettled(batch: Batch): Promise<void> {
    let retryMs = options.firstRetryMs ?? FIRST_RETRY_MS;
    while (!lifetime.isOver) {
      const trace = traceOfAttempt(batch, options.random);
      const outcome = await observed(batch, trace, () => post(writer, batch, trace, options));
      const { traceId } = trace;
      if (outcome.kind === "accepted") {
        buffer.settle();
        return outage.over(traceId);
      }
      if (outcome.kind === "rejected") {
        buffer.settle();
        rejectedLines += batch.lines;
        const { status, detail } = outcome;
        log.warn({ trace_id: traceId, lines: batch.lines, status, detail }, "collector rejected metrics");
        return;
      }
      outage.began(outcome, traceId);
      const afterMs = outcome.kind === "denied" ? LAST_RETRY_MS : outcome.afterMs;
      await wait(afterMs ?? withJitter(retryMs, options.random), undefined, { signal: lifetime.signal }).catch(
        () => {},
      );
      retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
    }
  }

  async function observed(
    batch: Batch,
    trace: TraceContext,
    deliver: () => Promise<WriteOutcome>,
  ): Promise<WriteOutcome> {
    if (options.spans === undefined) return deliver();
    const { record, clock } = options.spans;
    const [startedAt, startedMs] = [clock.now(), clock.monotonicMs()];
    const outcome = await deliver();
    record({
      ...trace,
      parentSpanId: undefined,
      kind: "batch",
      name: "metrics delivered",
      startedAt,
      durationMs: clock.monotonicMs() - startedMs,
      outcome: SPAN_OUTCOMES[outcome.kind],
      attributes: { sequence: batch.sequence, lines: batch.lines, bytes: batch.body.length, ...reasonOf(outcome) },
    });
    return outcome;
  }

  lifetime.defer("metric sender", () => {
    wake.resolve();
    writer.close();
    buffer.end();
  });
  void run();
  return {
    send(lines) {
      for (const part of batchesOf(lines)) {
        const body = gzipSync(part.join("\n"), GZIP);
        const dropped = buffer.push({ agent: options.agentProcessId, sequence: ++sequence, lines: part.length, body });
        if (dropped > 0) outage.dropped(dropped);
      }
      wake.resolve();
      wake = Promise.withResolvers<void>();
    },
    get bufferedBytes() {
      return buffer.bytes;
    },
    get droppedLines() {
      return buffer.droppedLines;
    },
    get rejectedLines() {
      return rejectedLines;
    },
  };
}

function post(
  writer: Writer,
  batch: Batch,
  trace: TraceContext,
  { token }: MetricSenderOptions,
): Promise<WriteOutcome> {
  return writer.write(batch.body, {
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Encoding": "gzip",
    "Nephoscope-Agent": batch.agent,
    "Nephoscope-Sequence": String(batch.sequence),
    // Ten thousand hosts ask for none of it to be recorded: what matters later is kept by the collector.
    traceparent: formatTraceparent(trace, false),
    ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
  });
}

const SPAN_OUTCOMES: { readonly [kind in WriteOutcome["kind"]]: SpanOutcome } = {
  accepted: "ok",
  rejected: "refused",
  denied: "refused",
  retry: "failed",
};

function reasonOf(outcome: WriteOutcome): { readonly status?: number; readonly reason?: string } {
  switch (outcome.kind) {
    case "accepted":
      return {};
    case "retry":
      return { reason: outcome.reason };
    case "rejected":
    case "denied":
      return { status: outcome.status };
  }
}

/** Says once per outage that it began, that lines were dropped, and that it is over. */
function createOutageLog(collector: string, log: Log) {
  let isOut = false;
  let droppedLines = 0;
  return {
    began(outcome: Extract<WriteOutcome, { kind: "retry" | "denied" }>, traceId: string): void {
      if (isOut) return;
      isOut = true;
      if (outcome.kind === "denied") {
        const hint = "check the agent's token and the collector's address";
        const { status, detail } = outcome;
        log.error({ trace_id: traceId, collector, status, detail, hint }, "metrics refused");
      } else log.warn({ trace_id: traceId, collector, reason: outcome.reason }, "metrics cannot be delivered");
    },
    dropped(lines: number): void {
      if (droppedLines === 0) log.warn({ collector, lines }, "metrics dropped, the buffer is full");
      droppedLines += lines;
    },
    over(traceId: string): void {
      if (!isOut) return;
      log.info({ trace_id: traceId, collector, dropped_lines: droppedLines }, "metrics delivered again");
      [isOut, droppedLines] = [false, 0];
    },
  };
}

/** Cuts a sample into parts that are sent each in one request. */
export function batchesOf(lines: readonly string[], maxChars = MAX_BATCH_CHARS): readonly (readonly string[])[] {
  const batches: string[][] = [];
  let chars = Number.POSITIVE_INFINITY;
  for (const line of lines) {
    if (chars + line.length > maxChars) {
      batches.push([]);
      chars = 0;
    }
    batches.at(-1)?.push(line);
    chars += line.length + 1;
  }
  return batches;
}

/** Between half and all of the delay, so that the agents of a cloud do not all come back at once. */
function withJitter(delayMs: number, random: (bytes: Uint8Array<ArrayBuffer>) => void): number {
  const byte = new Uint8Array(1);
  random(byte);
  return delayMs * (0.5 + (byte[0] ?? 0) / 512);
}
