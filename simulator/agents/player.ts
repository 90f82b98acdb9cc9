import { setTimeout as wait } from "node:timers/promises";
import { io } from "socket.io-client";
import { AGENT_NAMESPACE, AGENT_PROTOCOL_VERSION, type Hello, type Refusal } from "../../core/agent-protocol.ts";
import { type Clock, type EpochMs, epochMsOf } from "../../core/clock.ts";
import type { Element } from "../../core/element.ts";
import { isRecord } from "../../core/json.ts";
import type { MeshPlan } from "../../core/mesh.ts";
import type { ElementChange, Memory, SaidEvent } from "../day/utterance.ts";
import type { TroupeFigures } from "./figures.ts";
import { parseHelloReply, parseMeshPlan, parseRefusal } from "./replies.ts";
import { type AgentSocket, Teller } from "./teller.ts";

const REFUSED_RETRY_MS = 30_000;
const CONNECT_TIMEOUT_MS = 60_000;
const RECONNECT_FIRST_MS = 500;
const RECONNECT_LAST_MS = 15_000;

export interface PlayerDeps {
  readonly collectorUrl: string;
  readonly token: string | undefined;
  readonly version: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly figures: TroupeFigures;
  /** The collector says whom this host is to probe. */
  readonly onMesh?: ((host: string, plan: MeshPlan) => void) | undefined;
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
  readonly #teller: Teller;
  #part: Part;
  #socket: AgentSocket | undefined;
  #takesStateAsKnown = false;
  #isConversing = false;
  /** Each connection has its own conversation; one that waits when the next begins is over. */
  #connection = 0;
  #lastAck = 0;
  #wake: (() => void) | undefined;
  #retry: NodeJS.Timeout | undefined;

  constructor(part: Part, deps: PlayerDeps) {
    this.#part = part;
    this.#deps = deps;
    this.#teller = new Teller({ ...deps, wake: () => this.#wake?.() });
  }

  /** Whether all that was said is with the collector. */
  get isSettled(): boolean {
    return this.#socket === undefined || (this.#isConversing && this.#teller.isDone && this.#wake !== undefined);
  }

  appear(part: Part, memory: Memory): void {
    this.#part = part;
    if (memory !== "kept") this.#teller.memory.forget();
    this.#takesStateAsKnown = memory === "state";
  }

  connect(): void {
    if (this.#socket !== undefined) return;
    const { collectorUrl, token } = this.#deps;
    const socket: AgentSocket = io(new URL(AGENT_NAMESPACE, collectorUrl).href, {
      // Connections cannot be shared: the collector takes one host for each.
      forceNew: true,
      transports: ["websocket"],
      auth: token === undefined ? {} : { token },
      reconnectionDelay: RECONNECT_FIRST_MS,
      reconnectionDelayMax: RECONNECT_LAST_MS,
      timeout: CONNECT_TIMEOUT_MS,
    });
    this.#socket = socket;
    socket.on("connect", () => void this.#run(socket));
    socket.on("disconnect", () => this.#onDisconnect(socket));
    socket.on("resync", () => {
      this.#teller.isFullWanted = true;
      this.#wake?.();
    });
    socket.on("mesh", (message: unknown) => {
      const plan = parseMeshPlan(message);
      if (plan !== undefined) this.#deps.onMesh?.(this.#part.host, plan);
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
    this.#teller.volatile.stop();
    // The end of a connection is seen at once either way; without a goodbye it counts as lost.
    if (how === "cut") socket?.io.engine?.close();
    socket?.disconnect();
    this.#wake?.();
  }

  change(changes: readonly ElementChange[], seenAt: EpochMs): void {
    // An agent that takes the state as known has read it after this.
    if (this.#takesStateAsKnown) return;
    this.#teller.memory.change(changes, epochMsOf(seenAt + this.#teller.skewMs));
    this.#wake?.();
  }

  /** What the host's agent has found out, at the collector's time `seenAt`. */
  tell(events: readonly SaidEvent[], seenAt: EpochMs): void {
    const at = epochMsOf(seenAt + this.#teller.skewMs);
    this.#teller.events.add(events.map((event) => ({ ...event, at })));
    this.#wake?.();
  }

  setClock(skewMs: number): void {
    this.#teller.skewMs = skewMs;
  }

  get skewMs(): number {
    return this.#teller.skewMs;
  }

  #onDisconnect(socket: AgentSocket): void {
    this.#isConversing = false;
    this.#wake?.();
    if (this.#socket !== socket) return;
    this.#deps.figures.lost++;
    // Where the collector itself hung up, socket.io leaves it to us to come back.
    if (!socket.active) this.#reconnectIn(socket, RECONNECT_FIRST_MS + this.#deps.random() * RECONNECT_LAST_MS);
  }

  #reconnectIn(socket: AgentSocket, delayMs: number): void {
    clearTimeout(this.#retry);
    if (this.#socket === socket) this.#retry = setTimeout(() => socket.connect(), delayMs);
  }

  #onRefusal(refusal: Refusal): void {
    this.#deps.figures.refused++;
    this.#deps.figures.refusal = refusal;
  }

  /** Converses until the connection is lost; begins again with hello after a wait when the collector says so. */
  async #run(socket: AgentSocket): Promise<void> {
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
  async #converse(socket: AgentSocket, isCurrent: () => boolean): Promise<number> {
    const { figures } = this.#deps;
    const hello = parseHelloReply(await this.#teller.ask(socket, "hello", this.#hello()));
    if (hello.kind === "later") {
      figures.later++;
      return hello.retry_after_ms;
    }
    if (hello.kind === "refused") {
      this.#onRefusal(hello);
      return REFUSED_RETRY_MS;
    }
    this.#teller.isFullWanted = hello.kind === "full";
    this.#teller.volatile.begin(hello.wants_volatile === true);
    this.#teller.takesEvents = hello.takes_events === true;
    if (hello.kind === "resume") figures.resumed++;
    this.#isConversing = true;
    while (isCurrent()) {
      const reply = await this.#teller.next(socket, this.#part.elements);
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
      this.#teller.memory.forget();
      this.#teller.memory.acknowledgeAll(elements());
      this.#takesStateAsKnown = false;
    }
    return {
      protocol: AGENT_PROTOCOL_VERSION,
      host,
      cluster,
      boot_id: bootId,
      agent_version: this.#deps.version,
      sent_at: this.#teller.now(),
      digest: this.#teller.memory.digest,
      last_ack: this.#lastAck,
    };
  }
}

/** What socket.io throws when an answer does not come in time, or the connection is lost before. */
function isTimeout(thrown: unknown): boolean {
  return thrown instanceof Error && /timed out|disconnected/.test(thrown.message);
}
