import type { Socket } from "socket.io-client";
import {
  type AgentToCollector,
  type BatchReply,
  type CollectorToAgent,
  MAX_ELEMENTS_PER_BATCH,
  MAX_EVENTS_PER_BATCH,
} from "../../core/agent-protocol.ts";
import { type Clock, type EpochMs, epochMsOf } from "../../core/clock.ts";
import type { Element } from "../../core/element.ts";
import { isRecord } from "../../core/json.ts";
import { type Postponed, VolatileTelling } from "../../core/volatile-telling.ts";
import { ClockMeasure } from "./clock-measure.ts";
import { EventBox } from "./event-box.ts";
import type { TroupeFigures } from "./figures.ts";
import { AgentMemory } from "./memory.ts";
import { parseBatchReply } from "./replies.ts";

export type AgentSocket = Socket<CollectorToAgent, AgentToCollector>;

export interface TellerDeps {
  readonly clock: Clock;
  readonly figures: TroupeFigures;
  /** There may be something to say. */
  readonly wake: () => void;
}

const REPLY_TIMEOUT_MS = 60_000;

/** What one agent has to tell, and how: one message at a time, each answer taken for what it is. */
export class Teller {
  readonly memory = new AgentMemory();
  readonly events = new EventBox();
  readonly volatile: VolatileTelling;
  readonly #deps: TellerDeps;
  readonly #clockMeasure = new ClockMeasure();
  #lastBatch = 0;
  isFullWanted = false;
  takesEvents = false;
  /** How far the clock of this host is ahead. */
  skewMs = 0;

  constructor(deps: TellerDeps) {
    this.#deps = deps;
    this.volatile = new VolatileTelling(deps.wake);
  }

  get isDone(): boolean {
    return this.memory.isUpToDate && (this.events.isEmpty || !this.takesEvents);
  }

  /** By the clock of this host. */
  now(): EpochMs {
    return epochMsOf(this.#deps.clock.now() + this.skewMs);
  }

  /** What comes next goes to the collector; undefined when there is nothing to say. */
  async next(socket: AgentSocket, elements: () => readonly Element[]): Promise<BatchReply | Postponed | undefined> {
    if (this.isFullWanted) return this.#sendFull(socket, elements());
    return (
      (await this.#sendDifference(socket)) ??
      (await this.#sendEvents(socket)) ??
      (this.volatile.isDue ? this.#sendVolatile(socket, elements()) : undefined)
    );
  }

  /** Every answer is also a measurement of the clocks. */
  async ask(socket: Socket, event: string, message: object): Promise<unknown> {
    const [sentAt, sentMs] = [this.now(), this.#deps.clock.monotonicMs()];
    const answer: unknown = await socket.timeout(REPLY_TIMEOUT_MS).emitWithAck(event, message);
    const serverAt = isRecord(answer) ? answer.server_at : undefined;
    if (typeof serverAt === "number") {
      this.#clockMeasure.add({ sentAt, rttMs: this.#deps.clock.monotonicMs() - sentMs, serverAt });
    }
    return answer;
  }

  async #sendFull(socket: AgentSocket, elements: readonly Element[]): Promise<BatchReply> {
    this.isFullWanted = false;
    this.memory.forget();
    const parts = Math.max(1, Math.ceil(elements.length / MAX_ELEMENTS_PER_BATCH));
    const common = { ...this.#head(), parts };
    for (let part = 0; ; part++) {
      const slice = elements.slice(part * MAX_ELEMENTS_PER_BATCH, (part + 1) * MAX_ELEMENTS_PER_BATCH);
      const reply = parseBatchReply(await this.ask(socket, "full", { ...common, part, elements: slice }));
      if (reply.kind === "ack" && part < parts - 1) continue;
      if (reply.kind === "ack") {
        this.memory.acknowledgeAll(elements);
        this.#deps.figures.fulls++;
      } else this.isFullWanted = true;
      return reply;
    }
  }

  async #sendDifference(socket: AgentSocket): Promise<BatchReply | undefined> {
    const difference = this.memory.nextDifference(MAX_ELEMENTS_PER_BATCH);
    if (difference === undefined) return undefined;
    const { at, put, remove } = difference;
    const reply = parseBatchReply(await this.ask(socket, "changes", { ...this.#head(), at, put, remove }));
    if (reply.kind === "ack") {
      this.memory.acknowledge(difference);
      this.#deps.figures.batches++;
      this.#deps.figures.changes += put.length + remove.length;
    }
    return reply;
  }

  /** What the collector will never take is left out: it must not keep the topology from being told. */
  async #sendEvents(socket: AgentSocket): Promise<BatchReply | undefined> {
    const events = this.takesEvents ? this.events.peek(MAX_EVENTS_PER_BATCH) : [];
    if (events.length === 0) return undefined;
    const { figures } = this.#deps;
    const head = this.#head();
    const reply = parseBatchReply(await this.ask(socket, "events", { ...head, events }));
    if (reply.kind === "later") return reply;
    this.events.taken(events);
    if (reply.kind === "ack") figures.events += events.length;
    else {
      figures.refused++;
      figures.refusal = reply;
    }
    return { kind: "ack", batch: head.batch, server_at: this.now() };
  }

  async #sendVolatile(socket: AgentSocket, elements: readonly Element[]): Promise<BatchReply | Postponed> {
    const reply = await this.volatile.tell(elements, async (part) => {
      const answer = parseBatchReply(await this.ask(socket, "volatile", { ...this.#head(), ...part }));
      if (answer.kind === "later") this.#deps.figures.later++;
      return answer;
    });
    if (reply.kind === "ack") this.#deps.figures.volatile++;
    return reply;
  }

  #head() {
    return { batch: ++this.#lastBatch, at: this.now(), clock_offset_ms: this.#clockMeasure.offsetMs };
  }
}
