import { io, type Socket } from "socket.io-client";
import { AGENT_NAMESPACE, type BatchReply, type HelloReply } from "../core/agent-protocol.ts";
import { systemClock } from "../core/clock.ts";
import type { Node } from "../core/element.ts";
import { hostId, interfaceId } from "../core/element-id.ts";

export interface LoadFigures {
  acknowledgedBatches: number;
  acknowledgedChanges: number;
  refused: number;
  disconnects: number;
  /** From saying to durable. */
  readonly ackMs: number[];
}

/**
 * An agent that does nothing but change its interfaces: each change raises the interface's `generation`, so that what the
 * collector has of it later tells whether something acknowledged was lost.
 */
export class LoadAgent {
  readonly host: string;
  readonly figures: LoadFigures;
  /** By interface: the last acknowledged generation. */
  readonly acknowledged: number[];
  readonly #generations: number[];
  readonly #socket: Socket;
  #batch = 0;
  #next = 0;

  constructor(url: string, host: string, interfaces: number, figures: LoadFigures) {
    this.host = host;
    this.figures = figures;
    this.acknowledged = new Array<number>(interfaces).fill(0);
    this.#generations = new Array<number>(interfaces).fill(0);
    this.#socket = io(`${url}${AGENT_NAMESPACE}`, {
      transports: ["websocket"],
      forceNew: true,
      reconnection: false,
      autoConnect: false,
    });
    this.#socket.on("disconnect", () => figures.disconnects++);
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#socket.once("connect", resolve);
      this.#socket.once("connect_error", reject);
      this.#socket.connect();
    });
    for (;;) {
      const reply: HelloReply = await this.#socket.emitWithAck("hello", {
        protocol: 1,
        host: this.host,
        boot_id: "load",
        agent_version: "bench",
        sent_at: systemClock.now(),
        last_ack: 0,
      });
      if (reply.kind === "full") break;
      if (reply.kind !== "later") throw new Error(`unexpected answer to hello: ${JSON.stringify(reply)}`);
      await new Promise((resolve) => setTimeout(resolve, reply.retry_after_ms));
    }
    const elements = [this.#hostNode(), ...this.acknowledged.map((_, index) => this.#nic(index))];
    await this.#send("full", { part: 0, parts: 1, elements }, []);
  }

  /** The next `count` interfaces change; resolves once that is durable. */
  async change(count: number): Promise<void> {
    const touched: number[] = [];
    for (let i = 0; i < count; i++) {
      const index = this.#next++ % this.#generations.length;
      this.#generations[index] = (this.#generations[index] ?? 0) + 1;
      touched.push(index);
    }
    await this.#send("changes", { put: touched.map((index) => this.#nic(index)), remove: [] }, touched);
  }

  close(): void {
    this.#socket.removeAllListeners("disconnect");
    this.#socket.disconnect();
  }

  async #send(event: "full" | "changes", content: object, touched: readonly number[]): Promise<void> {
    const told = touched.map((index) => this.#generations[index] ?? 0);
    const at = systemClock.now();
    for (;;) {
      const sentAt = performance.now();
      const message = { batch: ++this.#batch, at, clock_offset_ms: 0, ...content };
      const reply: BatchReply = await this.#socket.emitWithAck(event, message);
      if (reply.kind === "ack") {
        this.figures.ackMs.push(performance.now() - sentAt);
        break;
      }
      this.figures.refused++;
      if (reply.kind === "refused") throw new Error(`refused: ${reply.code} ${reply.detail}`);
      await new Promise((resolve) => setTimeout(resolve, reply.retry_after_ms));
    }
    this.figures.acknowledgedBatches++;
    this.figures.acknowledgedChanges += touched.length;
    for (const [i, index] of touched.entries()) {
      this.acknowledged[index] = Math.max(this.acknowledged[index] ?? 0, told[i] ?? 0);
    }
  }

  #hostNode(): Node {
    return { id: hostId(this.host), kind: "host", name: this.host, cluster: "", host: this.host, attributes: {} };
  }

  #nic(index: number): Node {
    const name = `eth${index}`;
    return {
      id: interfaceId(this.host, undefined, name),
      kind: "nic",
      name,
      cluster: "",
      host: this.host,
      parent: hostId(this.host),
      attributes: { mtu: 1500, operstate: "up", generation: this.#generations[index] ?? 0 },
    };
  }
}
