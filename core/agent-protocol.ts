import type { EpochMs } from "./clock.ts";
import type { Attributes, Element } from "./element.ts";
import type { ElementId } from "./element-id.ts";
import type { HostEvent } from "./host-event.ts";
import type { MeshPlan } from "./mesh.ts";

/**
 * What agent and collector say on the socket.io namespace `/agent`. Every message is answered through socket.io's
 * acknowledgement. One session: `hello`, then `full` or `volatile` when asked for, then `changes`, each acknowledged once
 * durable.
 */
export const AGENT_NAMESPACE = "/agent";

/** The collector also understands the version before this one. */
export const AGENT_PROTOCOL_VERSION = 1;

/** Elements in one `full`, `changes` or `volatile` message; a larger state is sent in several messages. */
export const MAX_ELEMENTS_PER_BATCH = 2_000;

/** A longer message ends the connection: the bound the socket server is created with. */
export const MAX_AGENT_MESSAGE_BYTES = 8 * 1024 * 1024;

/** A message may name its trace, as `traceparent` of W3C Trace Context does; who does not know of this, or cannot read it, goes on without. */
export interface Traced {
  readonly traceparent?: string | undefined;
}

export interface Hello extends Traced {
  readonly protocol: number;
  readonly host: string;
  /** The cluster the agent was told it belongs to; undefined: the collector's own. */
  readonly cluster?: string | undefined;
  /** /proc/sys/kernel/random/boot_id: tells a host restart from an agent restart. */
  readonly boot_id: string;
  readonly agent_version: string;
  /** The agent's clock when it sent this. */
  readonly sent_at: EpochMs;
  /** `digestText` over all elements the agent has sent; undefined before its first full state. */
  readonly digest?: string | undefined;
  /** The last batch the collector acknowledged to this agent process; 0 when none. */
  readonly last_ack: number;
}

export type HelloReply =
  /** `resume`: collector and agent agree, go on with changes. `full`: send everything. */
  | {
      readonly kind: "resume" | "full";
      readonly cluster: string;
      readonly server_at: EpochMs;
      /**
       * With `resume`: the collector has been started since it last heard the volatile attributes of this host, which it
       * does not store: tell them. An agent that does not know of this goes on with changes.
       */
      readonly wants_volatile?: boolean | undefined;
      /** The collector knows `events`. */
      readonly takes_events?: boolean | undefined;
    }
  /** Too many full states in flight: say hello again after this long. */
  | { readonly kind: "later"; readonly retry_after_ms: number; readonly server_at: EpochMs }
  | Refusal;

export interface Refusal {
  readonly kind: "refused";
  readonly code: string;
  readonly detail: string;
  readonly hint: string;
}

/** One part of a full state. What the collector has of this host and no part names is removed with the last part. */
export interface FullState extends Traced {
  readonly batch: number;
  /** From 0 to `parts - 1`, in this order; all parts of one full state carry the same `batch`. */
  readonly part: number;
  readonly parts: number;
  /** Agent's clock: when the state was read. */
  readonly at: EpochMs;
  /** Agent's clock minus the collector's: `at - clock_offset_ms` is the collector's time. */
  readonly clock_offset_ms: number;
  readonly elements: readonly Element[];
}

/** What is now, not what changed in it: the recorder finds the attribute-level difference. */
export interface Changes extends Traced {
  readonly batch: number;
  /** Agent's clock: when the change was seen. */
  readonly at: EpochMs;
  /** Agent's clock minus the collector's: `at - clock_offset_ms` is the collector's time. */
  readonly clock_offset_ms: number;
  readonly put: readonly Element[];
  readonly remove: readonly ElementId[];
  /** New id → old id, for an interface that was renamed. */
  readonly renamed?: { readonly [newId: string]: ElementId } | undefined;
}

/**
 * One part of the volatile attributes of a host, as they are now. Never recorded: they only make the collector's picture
 * whole again. `later` means to send all parts again.
 */
export interface VolatileState extends Traced {
  readonly batch: number;
  /** The host has told all there is. */
  readonly last: boolean;
  /** Agent's clock: when the state was read. */
  readonly at: EpochMs;
  /** Agent's clock minus the collector's: `at - clock_offset_ms` is the collector's time. */
  readonly clock_offset_ms: number;
  /** By element; elements that have none are left out. Attributes that are not volatile here are ignored. */
  readonly values: VolatileValues;
}

export type VolatileValues = { readonly [id: string]: Attributes };

export type BatchReply =
  | { readonly kind: "ack"; readonly batch: number; readonly server_at: EpochMs }
  /** The collector cannot make it durable now (disk full, store down): send it again later. */
  | { readonly kind: "later"; readonly retry_after_ms: number; readonly server_at: EpochMs }
  | Refusal;

/** Events in one `events` message. */
export const MAX_EVENTS_PER_BATCH = 500;

/** What happened on the host. Only sent to a collector that `takes_events`. */
export interface EventBatch extends Traced {
  readonly batch: number;
  /** Agent's clock: when this was sent. */
  readonly at: EpochMs;
  /** Agent's clock minus the collector's: `at - clock_offset_ms` is the collector's time. */
  readonly clock_offset_ms: number;
  readonly events: readonly ToldEvent[];
}

/** `id` is made by the agent, 1 to 64 of `[A-Za-z0-9_-]`: what is told twice is recorded once. */
export interface ToldEvent extends Omit<HostEvent, "kind" | "key"> {
  readonly id: string;
  /** One of `EVENT_KINDS`, or one of a later agent. */
  readonly kind: string;
}

/** Events by name, for socket.io's type parameters. */
export interface AgentToCollector {
  hello(hello: Hello, reply: (reply: HelloReply) => void): void;
  full(state: FullState, reply: (reply: BatchReply) => void): void;
  changes(changes: Changes, reply: (reply: BatchReply) => void): void;
  volatile(state: VolatileState, reply: (reply: BatchReply) => void): void;
  events(batch: EventBatch, reply: (reply: BatchReply) => void): void;
}

/** What the collector says by itself: `resync` asks for a full state, for instance after it lost its history. */
export interface CollectorToAgent {
  resync(): void;
  /** Whom to probe: after hello and whenever it changes. Not acknowledged: it is told again with the next hello. */
  mesh(plan: MeshPlan): void;
}
