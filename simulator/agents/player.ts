import { setTimeout as wait } from "node:timers/promises";
import { io, type Socket } from "socket.io-client";
import {
  AGENT_NAMESPACE,
  AGENT_PROTOCOL_VERSION,
  type AgentToCollector,
  type BatchReply,
  type CollectorToAgent,
  type Hello,
  MAX_ELEMENTS_PER_BATCH,
  type Refusal,
} from "../../core/agent-protocol.ts";
import { type Clock, type EpochMs, epochMsOf } from "../../core/clock.ts";
import type { Element } from "../../core/element.ts";
import { isRecord } from "../../core/json.ts";
import { type Postponed, VolatileTelling } from "../../core/volatile-telling.ts";
import type { ElementChange, Memory } from "../day/utterance.ts";
import { ClockMeasure } from "./clock-measure.ts";
import type { TroupeFigures } from "./figures.ts";
import { AgentMemory } from "./memory.ts";
import { parseBatchReply, parseHelloReply, parseRefusal } from "./replies.ts";

const REFUSED_RETRY_MS = 30_000;
const REPLY_TIMEOUT_MS = 60_000;
const RECONNECT_FIRST_MS = 500;
const RECONNECT_LAST_MS = 15_000;

export interface PlayerDeps {
  readonly collectorUrl: string;
  readonly token: string | undefined;
  readonly version: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly figures: TroupeFigures;
}

/** What a player needs to know of the host it speaks for. */
export interface Part {
  readonly host: string;
  readonly cluster: string | undefined;
  readonly bootId: string;
  readonly elements: () => readonly Element[];
}

/** One agent, as the collector sees it: one connection, one message in flight. Keeps next to nothing in memory. */
export class Player {
  readonly #deps: PlayerDeps;
  readonly #memory = new AgentMemory();
  #part: Part;
  #socket: Socket<CollectorToAgent, AgentToCollector> | undefined;
  #takesStateAsKnown = false;
  #fullWanted = false;
  readonly #volatile = new VolatileTelling(() => this.#wake?.());
  #isConversing = false;
  /** Each connection has its own conversation; one that waits when the next begins is over. */
  #connection = 0;
  #lastBatch = 0;
  #lastAck = 0;
  #skewMs = 0;
  readonly #clockMeasure = new ClockMeasure();
  #wake: (() => void) | undefined;
  #retry: NodeJS.Timeout | undefined;

  constructor(part: Part, deps: PlayerDeps) {
    this.#part = part;
    this.#deps = deps;
  }

  /** Whether all that was said is with the collector. */
  get isSettled(): boolean {
    return this.#socket === undefined || (this.#isConversing && this.#memory.isUpToDate && this.#wake !== undefined);
  }

  appear(part: Part, memory: Memory): void {
    this.#part = part;
    if (memory !== "kept") this.#memory.forget();
    this.#takesStateAsKnown = memory === "state";
  }

  connect(): void {
    if (this.#socket !== undefined) return;
    const { collectorUrl, token } = this.#deps;
    const socket: Socket<CollectorToAgent, AgentToCollector> = io(new URL(AGENT_NAMESPACE, collectorUrl).href, {
      // Connections cannot be shared: the collector takes one host for each.
      forceNew: true,
      transports: ["websocket"],
      auth: token === undefined ? {} : { token },
      reconnectionDelay: RECONNECT_FIRST_MS,
      reconnectionDelayMax: RECONNECT_LAST_MS,
      timeout: REPLY_TIMEOUT_MS,
    });
    this.#socket = socket;
    socket.on("connect", () => void this.#run(socket));
    socket.on("disconnect", () => this.#onDisconnect(socket));
    socket.on("resync", () => {
      this.#fullWanted = true;
      this.#wake?.();
    });
    socket.on("connect_error", (error) => {
      // `active`: the transport failed and socket.io tries again by itself. Else the collector turned us away.
      if (socket.active) return;
      this.#onRefusal(parseRefusal("data" in error && isRecord(error.data) ? error.data : undefined));
      this.#reconnectIn(socket, REFUSED_RETRY_MS);
    });
  }

  fallSilent(how: "stopped" | "cut"): void {
    const socket = this.#socket;
    this.#socket = undefined;
    clearTimeout(this.#retry);
    this.#volatile.stop();
    // The end of a connection is seen at once either way; without a goodbye it counts as lost.
    if (how === "cut") socket?.io.engine?.close();
    socket?.disconnect();
    this.#wake?.();
  }

  change(changes: readonly ElementChange[], seenAt: EpochMs): void {
    // An agent that takes the state as known has read it after this.
    if (this.#takesStateAsKnown) return;
    this.#memory.change(changes, epochMsOf(seenAt + this.#skewMs));
    this.#wake?.();
  }

  setClock(skewMs: number): void {
    this.#skewMs = skewMs;
  }

  get skewMs(): number {
    return this.#skewMs;
  }

  #onDisconnect(socket: Socket): void {
    this.#isConversing = false;
    this.#wake?.();
    if (this.#socket !== socket) return;
    this.#deps.figures.lost++;
    // Where the collector itself hung up, socket.io leaves it to us to come back.
    if (!socket.active) this.#reconnectIn(socket, RECONNECT_FIRST_MS + this.#deps.random() * RECONNECT_LAST_MS);
  }

  #reconnectIn(socket: Socket, delayMs: number): void {
    clearTimeout(this.#retry);
    if (this.#socket === socket) this.#retry = setTimeout(() => socket.connect(), delayMs);
  }

  #onRefusal(refusal: Refusal): void {
    this.#deps.figures.refused++;
    this.#deps.figures.refusal = refusal;
  }

  /** Converses until the connection is lost; begins again with hello after a wait when the collector says so. */
  async #run(socket: Socket): Promise<void> {
    const connection = ++this.#connection;
    const isCurrent = () => socket.connected && this.#socket === socket && this.#connection === connection;
    this.#deps.figures.connected++;
    while (isCurrent()) {
      const afterMs = await this.#converse(socket, isCurrent).catch((thrown: unknown) => {
        // The loss of the connection and a missing answer: both begin anew. Anything else is a bug.
        if (isCurrent() && !isTimeout(thrown)) throw thrown;
        return RECONNECT_FIRST_MS;
      });
      if (isCurrent()) this.#isConversing = false;
      if (isCurrent()) await wait(afterMs, undefined, { ref: false });
    }
    this.#deps.figures.connected--;
  }

  /** Gives how long to wait before the next hello. */
  async #converse(socket: Socket, isCurrent: () => boolean): Promise<number> {
    const { figures } = this.#deps;
    const hello = parseHelloReply(await this.#ask(socket, "hello", this.#hello()));
    if (hello.kind === "later") {
      figures.later++;
      return hello.retry_after_ms;
    }
    if (hello.kind === "refused") {
      this.#onRefusal(hello);
      return REFUSED_RETRY_MS;
    }
    this.#fullWanted = hello.kind === "full";
    this.#volatile.begin(hello.wants_volatile === true);
    if (hello.kind === "resume") figures.resumed++;
    this.#isConversing = true;
    while (isCurrent()) {
      const reply = await this.#sendNext(socket);
      if (reply === undefined) await this.#somethingToSay();
      else if (reply.kind === "postponed") continue;
      else if (reply.kind === "ack") this.#lastAck = reply.batch;
      else if (reply.kind === "later") {
        figures.later++;
        await wait(reply.retry_after_ms, undefined, { ref: false });
      } else {
        this.#onRefusal(reply);
        return REFUSED_RETRY_MS;
      }
    }
    return 0;
  }

  async #somethingToSay(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    await promise;
    this.#wake = undefined;
  }

  #hello(): Hello {
    const { host, cluster, bootId, elements } = this.#part;
    if (this.#takesStateAsKnown) {
      this.#memory.forget();
      this.#memory.acknowledgeAll(elements());
      this.#takesStateAsKnown = false;
    }
    return {
      protocol: AGENT_PROTOCOL_VERSION,
      host,
      cluster,
      boot_id: bootId,
      agent_version: this.#deps.version,
      sent_at: this.#now(),
      digest: this.#memory.digest,
      last_ack: this.#lastAck,
    };
  }

  /** Undefined when there is nothing to say. */
  async #sendNext(socket: Socket): Promise<BatchReply | Postponed | undefined> {
    if (this.#fullWanted) return this.#sendFull(socket);
    return (await this.#sendDifference(socket)) ?? (this.#volatile.isDue ? this.#sendVolatile(socket) : undefined);
  }

  async #sendFull(socket: Socket): Promise<BatchReply> {
    this.#fullWanted = false;
    const elements = this.#part.elements();
    this.#memory.forget();
    const parts = Math.max(1, Math.ceil(elements.length / MAX_ELEMENTS_PER_BATCH));
    const common = { batch: ++this.#lastBatch, parts, at: this.#now(), clock_offset_ms: this.#clockMeasure.offsetMs };
    for (let part = 0; ; part++) {
      const slice = elements.slice(part * MAX_ELEMENTS_PER_BATCH, (part + 1) * MAX_ELEMENTS_PER_BATCH);
      const answer = await this.#ask(socket, "full", { ...common, part, elements: slice });
      const reply = parseBatchReply(answer);
      if (reply.kind === "ack" && part < parts - 1) continue;
      if (reply.kind === "ack") {
        this.#memory.acknowledgeAll(elements);
        this.#deps.figures.fulls++;
      } else this.#fullWanted = true;
      return reply;
    }
  }

  async #sendVolatile(socket: Socket): Promise<BatchReply | Postponed> {
    const reply = await this.#volatile.tell(this.#part.elements(), async (part) => {
      const head = { batch: ++this.#lastBatch, at: this.#now(), clock_offset_ms: this.#clockMeasure.offsetMs };
      const answer = parseBatchReply(await this.#ask(socket, "volatile", { ...head, ...part }));
      if (answer.kind === "later") this.#deps.figures.later++;
      return answer;
    });
    if (reply.kind === "ack") this.#deps.figures.volatile++;
    return reply;
  }

  async #sendDifference(socket: Socket): Promise<BatchReply | undefined> {
    const difference = this.#memory.nextDifference(MAX_ELEMENTS_PER_BATCH);
    if (difference === undefined) return undefined;
    const { at, put, remove } = difference;
    const message = { batch: ++this.#lastBatch, at, clock_offset_ms: this.#clockMeasure.offsetMs, put, remove };
    const reply = parseBatchReply(await this.#ask(socket, "changes", message));
    if (reply.kind === "ack") {
      this.#memory.acknowledge(difference);
      this.#deps.figures.batches++;
      this.#deps.figures.changes += put.length + remove.length;
    }
    return reply;
  }

  /** Every answer is also a measurement of the clocks. */
  async #ask(socket: Socket, event: string, message: object): Promise<unknown> {
    const [sentAt, sentMs] = [this.#now(), this.#deps.clock.monotonicMs()];
    const answer: unknown = await socket.timeout(REPLY_TIMEOUT_MS).emitWithAck(event, message);
    const serverAt = isRecord(answer) ? answer.server_at : undefined;
    if (typeof serverAt === "number") {
      this.#clockMeasure.add({ sentAt, rttMs: this.#deps.clock.monotonicMs() - sentMs, serverAt });
    }
    return answer;
  }

  /** By the clock of this host. */
  #now(): EpochMs {
    return epochMsOf(this.#deps.clock.now() + this.#skewMs);
  }
}

/** What socket.io throws when an answer does not come in time, or the connection is lost before. */
function isTimeout(thrown: unknown): boolean {
  return thrown instanceof Error && /timed out|disconnected/.test(thrown.message);
}
