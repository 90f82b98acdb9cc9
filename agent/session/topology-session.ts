import { setTimeout as wait } from "node:timers/promises";
import { io, type Socket } from "socket.io-client";
import {
  AGENT_NAMESPACE,
  AGENT_PROTOCOL_VERSION,
  type AgentToCollector,
  type BatchReply,
  type Changes,
  type CollectorToAgent,
  type EventBatch,
  type FullState,
  type Hello,
  MAX_ELEMENTS_PER_BATCH,
  MAX_EVENTS_PER_BATCH,
  type Refusal,
  type VolatileState,
} from "../../core/agent-protocol.ts";
import type { Clock, EpochMs } from "../../core/clock.ts";
import { type Element, isLink } from "../../core/element.ts";
import { messageOf } from "../../core/errors.ts";
import { isRecord } from "../../core/json.ts";
import type { Lifetime } from "../../core/lifetime.ts";
import type { Log } from "../../core/log.ts";
import type { MeshPlan } from "../../core/mesh.ts";
import { redactSecrets } from "../../core/redact-secrets.ts";
import type { RecordSpan } from "../../core/span.ts";
import { type Postponed, VolatileTelling } from "../../core/volatile-telling.ts";
import { type CollectorTls, tlsOptions } from "../collector-tls.ts";
import type { EventOutbox } from "../events/event-outbox.ts";
import { createClockOffset } from "./clock-offset.ts";
import type { Ledger } from "./ledger.ts";
import { partsOf } from "./message-parts.ts";
import { parseBatchReply, parseHelloReply, parseMeshPlan, parseRefusal } from "./replies.ts";
import { createTracedMessages } from "./traced-message.ts";

export interface TopologySessionOptions {
  readonly collectorUrl: string;
  readonly token: string | undefined;
  readonly tls?: CollectorTls | undefined;
  readonly host: string;
  /** The cluster this host belongs to; undefined: the collector's own. */
  readonly cluster?: string | undefined;
  readonly bootId: string;
  readonly version: string;
  /** After a refusal, which somebody has to do something about. */
  readonly refusedRetryMs?: number;
  /** How long an answer may take. */
  readonly replyTimeoutMs?: number;
}

const REFUSED_RETRY_MS = 30_000;
const REPLY_TIMEOUT_MS = 30_000;
const RECONNECT_FIRST_MS = 200;
const RECONNECT_LAST_MS = 10_000;

type AgentSocket = Socket<CollectorToAgent, AgentToCollector>;

/** Why one conversation ended, when it was not the connection that was lost. */
type Outcome =
  | { readonly kind: "again"; readonly afterMs: number }
  | { readonly kind: "refused"; readonly refusal: Refusal };

/**
 * Keeps the collector's picture of this host the same as the ledger's, over socket.io, until the lifetime ends. One
 * message is in flight at a time. The returned function is to be called whenever the ledger was updated or an event was added.
 */
export function startTopologySession(
  options: TopologySessionOptions,
  ledger: Ledger,
  deps: {
    readonly events: Pick<EventOutbox, "peek" | "taken">;
    readonly onMesh?: ((plan: MeshPlan) => void) | undefined;
    readonly clock: Clock;
    readonly log: Log;
    readonly recordSpan?: RecordSpan | undefined;
    readonly random: () => number;
  },
  lifetime: Lifetime,
): () => void {
  const { events, onMesh, clock, log, random } = deps;
  const { refusedRetryMs = REFUSED_RETRY_MS, replyTimeoutMs = REPLY_TIMEOUT_MS } = options;
  const collector = redactSecrets(options.collectorUrl);
  const offset = createClockOffset();
  const socket: AgentSocket = io(new URL(AGENT_NAMESPACE, options.collectorUrl).href, {
    transports: ["websocket"],
    auth: options.token === undefined ? {} : { token: options.token },
    ...tlsOptions(options.tls),
    reconnectionDelay: RECONNECT_FIRST_MS,
    reconnectionDelayMax: RECONNECT_LAST_MS,
  });
  let lastBatch = 0;
  let lastAck = 0;
  let fullWanted = false;
  let takesEvents = false;
  let isRunning = false;
  let outageReported = false;
  let wake = Promise.withResolvers<void>();
  let retry: NodeJS.Timeout | undefined;

  const wakeUp = () => {
    wake.resolve();
    wake = Promise.withResolvers<void>();
  };

  const volatile = new VolatileTelling(wakeUp);

  /** Sends one message and takes its answer; every answer is also a measurement of the clocks. */
  async function ask<Reply extends { readonly kind: string; readonly server_at?: EpochMs }>(
    send: (sentAt: EpochMs) => Promise<unknown>,
    parse: (reply: unknown) => Reply,
  ): Promise<Reply> {
    const [sentAt, sentMs] = [clock.now(), clock.monotonicMs()];
    const reply = parse(await send(sentAt));
    if (reply.server_at !== undefined) {
      offset.add({ sentAt, rttMs: clock.monotonicMs() - sentMs, serverAt: reply.server_at });
    }
    return reply;
  }

  const acknowledged = () => socket.timeout(replyTimeoutMs);
  const traced = createTracedMessages(clock, deps.recordSpan);
  const askFull = (state: FullState) =>
    traced("full", state, (told) => ask(() => acknowledged().emitWithAck("full", told), parseBatchReply));
  const askChanges = (changes: Changes) =>
    traced("changes", changes, (told) => ask(() => acknowledged().emitWithAck("changes", told), parseBatchReply));
  const askVolatile = (state: VolatileState) =>
    traced("volatile", state, (told) => ask(() => acknowledged().emitWithAck("volatile", told), parseBatchReply));
  const askEvents = (batch: EventBatch) =>
    traced("events", batch, (told) => ask(() => acknowledged().emitWithAck("events", told), parseBatchReply));

  async function converse(): Promise<Outcome> {
    const reply = await traced("hello", {}, (trace) =>
      ask((at) => acknowledged().emitWithAck("hello", { ...helloAt(at), ...trace }), parseHelloReply),
    );
    if (reply.kind === "later") return { kind: "again", afterMs: reply.retry_after_ms };
    if (reply.kind === "refused") return { kind: "refused", refusal: reply };
    log.info(
      { cluster: reply.cluster, start: reply.kind, clock_offset_ms: offset.offsetMs() },
      "topology session running",
    );
    outageReported = false;
    fullWanted = reply.kind === "full";
    volatile.begin(reply.wants_volatile === true);
    takesEvents = reply.takes_events === true;
    for (;;) {
      const answer = await sendNext(reply.cluster);
      if (answer === undefined) await wake.promise;
      else if (answer.kind === "refused") return { kind: "refused", refusal: answer };
      else if (answer.kind === "later") await wait(answer.retry_after_ms, undefined, { signal: lifetime.signal });
      else if (answer.kind === "ack") lastAck = answer.batch;
      if (!socket.connected) throw new Error("disconnected");
    }
  }

  const helloAt = (sentAt: EpochMs): Hello => ({
    protocol: AGENT_PROTOCOL_VERSION,
    host: options.host,
    cluster: options.cluster,
    boot_id: options.bootId,
    agent_version: options.version,
    sent_at: sentAt,
    digest: ledger.digest,
    last_ack: lastAck,
  });

  /** Undefined when there is nothing to say. What has changed goes before what the collector has merely forgotten. */
  async function sendNext(cluster: string): Promise<BatchReply | Postponed | undefined> {
    if (fullWanted) return sendFull(cluster);
    return (await sendNextDifference(cluster)) ?? (await sendEvents()) ?? (volatile.isDue ? sendVolatile() : undefined);
  }

  /** What the collector will never take is left out: it must not keep the topology from being told. */
  async function sendEvents(): Promise<BatchReply | undefined> {
    const told = takesEvents ? events.peek(MAX_EVENTS_PER_BATCH) : [];
    if (told.length === 0) return undefined;
    const common = { at: clock.now(), clock_offset_ms: offset.offsetMs() };
    const answer = await askEvents({ ...common, batch: ++lastBatch, events: told });
    if (answer.kind === "refused") {
      const { code, detail, hint } = answer;
      log.error({ collector, events: told.length, code, detail, hint }, "events refused");
    }
    if (answer.kind === "later") return answer;
    events.taken(told);
    return { kind: "ack", batch: lastBatch, server_at: clock.now() };
  }

  /** All parts of one full state, in order; the answer to the last part, or the first that is no acknowledgement. */
  async function sendFull(cluster: string): Promise<BatchReply> {
    fullWanted = false;
    const elements = ledger.current;
    const parts = partsOf(elements, MAX_ELEMENTS_PER_BATCH);
    const common = {
      batch: ++lastBatch,
      parts: parts.length,
      at: ledger.at ?? clock.now(),
      clock_offset_ms: offset.offsetMs(),
    };
    for (let part = 0; ; part++) {
      const slice = parts[part] ?? [];
      const answer = await askFull({ ...common, part, elements: slice.map((it) => inCluster(it, cluster)) });
      if (answer.kind === "ack" && part < parts.length - 1) continue;
      if (answer.kind === "ack") ledger.acknowledgeFull(elements);
      else fullWanted = true;
      return answer;
    }
  }

  function sendVolatile(): Promise<BatchReply | Postponed> {
    const common = { at: ledger.at ?? clock.now(), clock_offset_ms: offset.offsetMs() };
    return volatile.tell(ledger.current, (part) => askVolatile({ ...common, ...part, batch: ++lastBatch }));
  }

  async function sendNextDifference(cluster: string): Promise<BatchReply | undefined> {
    const difference = ledger.nextDifference(MAX_ELEMENTS_PER_BATCH);
    if (difference === undefined) return undefined;
    const answer = await askChanges({
      batch: ++lastBatch,
      at: difference.at,
      clock_offset_ms: offset.offsetMs(),
      put: difference.put.map((it) => inCluster(it, cluster)),
      remove: difference.remove,
      renamed: Object.keys(difference.renamed).length === 0 ? undefined : difference.renamed,
    });
    if (answer.kind === "ack") ledger.acknowledge(difference);
    return answer;
  }

  /** Converses until the connection is lost; begins again with hello after a wait when the collector says so. */
  async function run(): Promise<void> {
    if (isRunning) return;
    isRunning = true;
    while (socket.connected && ledger.at !== undefined && !lifetime.isOver) {
      const outcome = await converse().catch((thrown): Outcome => {
        reportOutage(messageOf(thrown));
        return { kind: "again", afterMs: RECONNECT_FIRST_MS };
      });
      if (outcome.kind === "refused") reportRefusal(outcome.refusal);
      const afterMs = outcome.kind === "refused" ? refusedRetryMs : outcome.afterMs;
      await wait(afterMs, undefined, { signal: lifetime.signal }).catch(() => undefined);
    }
    isRunning = false;
  }

  function reportOutage(reason: string): void {
    if (!outageReported && !lifetime.isOver) log.warn({ collector, reason }, "topology session lost");
    outageReported = true;
  }

  function reportRefusal({ code, detail, hint }: Refusal): void {
    log.error({ collector, code, detail, hint, retry_ms: refusedRetryMs }, "topology session refused");
  }

  socket.on("connect", () => void run());
  socket.on("disconnect", (reason) => {
    reportOutage(reason);
    wakeUp();
    // Where the collector itself hung up, as each orderly stop does, socket.io leaves it to us to come back.
    if (socket.active || lifetime.isOver) return;
    clearTimeout(retry);
    retry = setTimeout(() => socket.connect(), RECONNECT_FIRST_MS + random() * RECONNECT_LAST_MS);
  });
  socket.on("resync", () => {
    fullWanted = true;
    wakeUp();
  });
  socket.on("mesh", (message: unknown) => {
    const plan = parseMeshPlan(message);
    if (plan !== undefined) onMesh?.(plan);
  });
  socket.on("connect_error", (error) => {
    // `active`: the transport failed and socket.io tries again by itself. Else the collector turned us away.
    if (socket.active) return reportOutage(error.message);
    const data = "data" in error ? error.data : undefined;
    reportRefusal(parseRefusal(isRecord(data) ? data : { code: "agent.refused", detail: error.message }));
    clearTimeout(retry);
    retry = setTimeout(() => socket.connect(), refusedRetryMs);
  });
  lifetime.defer("topology session", () => {
    clearTimeout(retry);
    volatile.stop();
    socket.disconnect();
    wakeUp();
  });
  return () => {
    wakeUp();
    void run();
  };
}

/** The agent does not know the cluster's name until the collector says it. */
function inCluster(element: Element, cluster: string): Element {
  return isLink(element) ? element : { ...element, cluster };
}
