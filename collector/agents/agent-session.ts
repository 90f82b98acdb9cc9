import { mayWriteHost } from "../../core/access.ts";
import type { BatchReply, Changes, Hello, HelloReply, Refusal } from "../../core/agent-protocol.ts";
import { type EpochMs, epochMsOf } from "../../core/clock.ts";
import { type ElementId, ownerHostOf, parseElementId } from "../../core/element-id.ts";
import type { MeshPlan } from "../../core/mesh.ts";
import { ELEMENT_LIMITS } from "../../topology/limits.ts";
import { countReply } from "./counts.ts";
import type { ClusterDesk } from "./desk.ts";
import { addPart, type FullAssembly } from "./full-assembly.ts";
import type { FullStateTurn } from "./full-states.ts";
import { parseEventBatch } from "./parse-events.ts";
import { parseChanges, parseFullState, parseHello, parseVolatileState } from "./parse-message.ts";
import { recordedEvents } from "./recorded-events.ts";
import {
  clusterUnknown,
  eventsRefused,
  failedOnMessage,
  helloFirst,
  hostNotAllowed,
  otherHost,
  outOfOrder,
  replacedBy,
  tooLong,
} from "./refusals.ts";
import { ack, type Later, later, STORE_RETRY_MS, tried } from "./replies.ts";
import type { Peer, SessionDeps } from "./session-deps.ts";

type Timed = Pick<Changes, "batch" | "at" | "clock_offset_ms">;

interface Seat {
  readonly host: string;
  readonly desk: ClusterDesk;
}

/** One connection of one agent: messages in, replies out. Knows nothing of sockets. */
export class AgentSession {
  readonly #deps: SessionDeps;
  readonly #peer: Peer;
  /** Whom this session speaks for. */
  #seat: Seat | undefined;
  #turn: FullStateTurn | undefined;
  #assembly: FullAssembly | undefined;
  #offsetReported = false;
  #isClosed = false;
  #work: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(deps: SessionDeps, peer: Peer) {
    this.#deps = deps;
    this.#peer = peer;
  }

  /** Undefined before the first accepted hello. */
  get host(): string | undefined {
    return this.#seat?.host;
  }

  /** Whom this session's agent is to probe; undefined before hello and where there is nobody else. */
  meshPlan(): MeshPlan | undefined {
    return this.#seat?.desk.mesh?.planOf(this.#seat.host);
  }

  hello(message: unknown): Promise<HelloReply> {
    return this.#inTurn(() => this.#hello(message));
  }

  full(message: unknown): Promise<BatchReply> {
    return this.#inTurn(() => this.#full(message));
  }

  changes(message: unknown): Promise<BatchReply> {
    return this.#inTurn(() => this.#changes(message));
  }

  volatile(message: unknown): Promise<BatchReply> {
    return this.#inTurn(() => this.#volatile(message));
  }

  events(message: unknown): Promise<BatchReply> {
    return this.#inTurn(() => this.#events(message));
  }

  /** Until every message taken so far is answered. */
  async settled(): Promise<void> {
    await this.#work;
  }

  /** The connection is gone: what is still waiting changes nothing any more. */
  closed(): void {
    this.#isClosed = true;
    this.#endFullState();
    if (this.#seat !== undefined) this.#seat.desk.registry.release(this.#seat.host, this);
  }

  /** Messages of one session are worked on one after the other. */
  #inTurn<R extends HelloReply | BatchReply>(work: () => Promise<R>): Promise<R | Later | Refusal> {
    if (this.#waiting >= this.#deps.limits.waitingMessages) return Promise.resolve(this.#later(STORE_RETRY_MS));
    this.#waiting++;
    const result = this.#work.then(work).catch((error: unknown) => this.#failed(error));
    this.#work = result.then((reply) => {
      this.#waiting--;
      countReply(this.#deps.counts, reply);
    });
    return result;
  }

  async #hello(message: unknown): Promise<HelloReply> {
    const parsed = parseHello(message);
    if (parsed.kind === "refused") return parsed;
    const hello = parsed.value;
    if (!mayWriteHost(this.#peer.identity, hello.host)) return hostNotAllowed(hello.host);
    const desk = this.#deps.desks.of(hello.cluster);
    if (desk === undefined) return clusterUnknown(hello.cluster ?? "", this.#deps.desks.clusters);
    const seat = this.#seat ?? { host: hello.host, desk };
    if (seat.host !== hello.host || seat.desk !== desk) return otherHost(seat.host, hello.host);
    // A connection that is gone already would keep the host for ever.
    if (this.#isClosed) return this.#later(STORE_RETRY_MS);
    this.#seat = seat;
    const replaced = desk.registry.claim(hello.host, this);
    await replaced?.settled();
    if (this.#isClosed) return this.#later(STORE_RETRY_MS);
    const failure = await tried(() => this.#announce(seat, hello), this.#deps.clock);
    if (failure !== undefined) return failure;
    this.#endFullState();
    if (this.#isClosed) return this.#later(STORE_RETRY_MS);
    const { cluster, graph } = desk.recorder;
    const agrees = hello.digest === graph.digestOf(hello.host);
    if (!agrees) {
      this.#turn = this.#takeTurn();
      if (this.#turn === undefined) return this.#later(this.#deps.turns.retryAfterMs());
    }
    const server_at = this.#deps.clock.now();
    const takes_events = this.#deps.events !== undefined;
    if (!agrees) return { kind: "full", cluster, server_at, takes_events };
    return { kind: "resume", cluster, server_at, wants_volatile: !desk.volatileHeard.has(hello.host), takes_events };
  }

  async #announce({ desk }: Seat, hello: Hello): Promise<void> {
    // One way only, so the way itself is in it: a first guess that counts where it says that a clock is really off.
    const guessMs = hello.sent_at - this.#deps.clock.now();
    const clockOffsetMs = Math.abs(guessMs) > this.#deps.limits.clockOffsetMs ? guessMs : 0;
    this.#reportOffset(hello.host, clockOffsetMs);
    await desk.presence.connected(hello.host, {
      version: hello.agent_version,
      bootId: hello.boot_id,
      clockOffsetMs,
      connectedFrom: this.#peer.address,
    });
  }

  async #full(message: unknown): Promise<BatchReply> {
    const parsed = parseFullState(message);
    if (parsed.kind === "refused") return this.#abandoned(parsed);
    const seat = this.#speaksFor();
    if ("kind" in seat) return this.#abandoned(seat);
    const { host } = seat;
    this.#turn ??= this.#takeTurn();
    if (this.#turn === undefined) return this.#later(this.#deps.turns.retryAfterMs());
    const state = parsed.value;
    const step = addPart(this.#assembly, state);
    if (step.kind === "out_of_order") return this.#abandoned(outOfOrder(state.part, step.expected));
    if (step.kind === "more") {
      if (step.assembly.elements.length > ELEMENT_LIMITS.elementsPerHost) return this.#abandoned(tooLong(host));
      this.#assembly = step.assembly;
      return ack(state.batch, this.#deps.clock);
    }
    this.#endFullState();
    const owner = { kind: "agent", host } as const;
    const at = this.#corrected(host, state);
    const reply = await this.#recorded(seat, state, () =>
      seat.desk.recorder.record({ kind: "full", owner, at, elements: step.elements }),
    );
    if (reply.kind === "ack") {
      this.#deps.counts.fullStates++;
      seat.desk.volatileHeard.add(host);
    }
    return reply;
  }

  async #changes(message: unknown): Promise<BatchReply> {
    const parsed = parseChanges(message);
    if (parsed.kind === "refused") return parsed;
    const seat = this.#speaksFor();
    if ("kind" in seat) return seat;
    const { host } = seat;
    const { put, remove, renamed } = parsed.value;
    const owner = { kind: "agent", host } as const;
    const at = this.#corrected(host, parsed.value);
    return this.#recorded(seat, parsed.value, () =>
      seat.desk.recorder.record({ kind: "changes", owner, at, put, remove, renamed: renamesOf(renamed) }),
    );
  }

  /** Takes a turn as a full state does, and keeps it to the last part. */
  async #volatile(message: unknown): Promise<BatchReply> {
    const seat = this.#speaksFor();
    if ("kind" in seat) return this.#abandoned(seat);
    this.#turn ??= this.#takeTurn();
    if (this.#turn === undefined) return this.#later(this.#deps.turns.retryAfterMs());
    const parsed = parseVolatileState(message);
    if (parsed.kind === "refused") return this.#abandoned(parsed);
    const { host, desk } = seat;
    const { values, last } = parsed.value;
    const owner = { kind: "agent", host } as const;
    const at = this.#corrected(host, parsed.value);
    const reply = await this.#recorded(seat, parsed.value, () =>
      desk.recorder.record({ kind: "volatile", owner, at, values }),
    );
    if (last || reply.kind !== "ack") this.#endFullState();
    if (last && reply.kind === "ack") {
      this.#deps.counts.volatileStates++;
      desk.volatileHeard.add(host);
    }
    return reply;
  }

  async #events(message: unknown): Promise<BatchReply> {
    const parsed = parseEventBatch(message);
    if (parsed.kind === "refused") return parsed;
    const seat = this.#speaksFor();
    if ("kind" in seat) return seat;
    const { host, desk } = seat;
    const { events } = this.#deps;
    const stranger = parsed.value.events.find(({ element }) => ownerHostOf(element) !== host);
    if (events === undefined || stranger !== undefined) return eventsRefused(host, stranger?.element);
    const of = { cluster: desk.recorder.cluster, host, knownAt: this.#deps.clock.now() };
    const corrected = (at: EpochMs) => this.#corrected(host, { ...parsed.value, at });
    const recorded = recordedEvents(parsed.value, of, corrected);
    return this.#recorded(seat, parsed.value, async () => {
      await events.append(recorded);
      this.#deps.counts.events += recorded.length;
    });
  }

  /** Acknowledged once durable. */
  async #recorded({ host, desk }: Seat, message: Timed, record: () => Promise<unknown>): Promise<BatchReply> {
    const failure = await tried(async () => {
      await record();
      await desk.presence.measured(host, message.clock_offset_ms);
    }, this.#deps.clock);
    return failure ?? ack(message.batch, this.#deps.clock);
  }

  /** Whom this session may speak for now, or why it may not. */
  #speaksFor(): Seat | Refusal {
    const seat = this.#seat;
    if (seat === undefined) return helloFirst();
    return seat.desk.registry.isCurrent(seat.host, this) ? seat : replacedBy(seat.host);
  }

  /** The moment by the collector's clock. */
  #corrected(host: string, { at, clock_offset_ms }: Timed): EpochMs {
    this.#reportOffset(host, clock_offset_ms);
    return epochMsOf(Math.round(at - clock_offset_ms));
  }

  /** Once a session: the node `agent/<host>` and the status always show the offset. */
  #reportOffset(host: string, clockOffsetMs: number): void {
    if (this.#offsetReported || Math.abs(clockOffsetMs) <= this.#deps.limits.clockOffsetMs) return;
    this.#offsetReported = true;
    this.#deps.log.warn({ host, clock_offset_ms: Math.round(clockOffsetMs) }, "agent clock is off");
  }

  /** A bug that one agent's message brings to light is that agent's loss alone: the others' collector goes on. */
  #failed(error: unknown): Refusal {
    this.#deps.log.error({ host: this.host, from: this.#peer.address, err: error }, "agent message failed");
    return this.#abandoned(failedOnMessage());
  }

  /** Taken back, the turn takes what has been received along; the next part is answered with `agent.out_of_order`. */
  #takeTurn(): FullStateTurn | undefined {
    return this.#deps.turns.take(() => this.#endFullState());
  }

  #abandoned(refusal: Refusal): Refusal {
    this.#endFullState();
    return refusal;
  }

  #endFullState(): void {
    this.#turn?.release();
    this.#turn = undefined;
    this.#assembly = undefined;
  }

  #later(retryAfterMs: number): Later {
    return later(retryAfterMs, this.#deps.clock);
  }
}

function renamesOf(renamed: Changes["renamed"]): ReadonlyMap<ElementId, ElementId> {
  const renames = new Map<ElementId, ElementId>();
  for (const [newId, oldId] of Object.entries(renamed ?? {})) {
    const id = parseElementId(newId);
    if (id !== undefined) renames.set(id, oldId);
  }
  return renames;
}
