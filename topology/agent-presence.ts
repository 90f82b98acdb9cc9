import type { Clock, EpochMs } from "../core/clock.ts";
import { type Attributes, isLink, type Node } from "../core/element.ts";
import { agentId, hostId } from "../core/element-id.ts";
import { messageOf } from "../core/errors.ts";
import type { Lifetime } from "../core/lifetime.ts";
import type { Log } from "../core/log.ts";
import { createLogBurst } from "../core/log-burst.ts";
import { VERDICTS, type Verdict } from "./host-witnesses.ts";
import type { Recorder } from "./recorder.ts";

/** What the collector knows of an agent's session when it opens. */
export interface AgentFacts {
  readonly version: string;
  readonly bootId: string;
  readonly clockOffsetMs: number;
  readonly connectedFrom: string;
}

export interface AgentStatus {
  readonly cluster: string;
  readonly host: string;
  readonly session: "connected" | "silent";
  /** Since when, as far as this process knows. */
  readonly since: EpochMs;
  readonly clockOffsetMs: number;
  readonly version: string;
  /** Of a silent one: what its neighbours say. */
  readonly verdict: Verdict | undefined;
}

/** Keeps the nodes `agent/<host>` true: silent only after a grace period, so that a blip or a restart records nothing. */
export interface AgentPresence {
  /** Resolves once durable. Errors: those of `Recorder.record`. */
  connected(host: string, facts: AgentFacts): Promise<void>;
  /** Starts the grace period. */
  disconnected(host: string): void;
  /** What the neighbours of a silent host say of it: the attribute `verdict` of its agent, until it is back. */
  judged(host: string, verdict: Verdict): Promise<void>;
  /** A newer measure of the agent's clock. */
  measured(host: string, clockOffsetMs: number): Promise<void>;
  statuses(): readonly AgentStatus[];
}

export interface PresenceOptions {
  readonly recorder: Recorder;
  readonly clock: Clock;
  readonly log: Log;
  readonly graceMs?: number | undefined;
}

export const SILENCE_GRACE_MS = 30_000;
const RETRY_MS = 2_000;
/** A change of the offset below this is measuring noise. */
const OFFSET_STEP_MS = 50;

/**
 * Every agent the recorded state calls connected has the grace period, from now, to come back.
 * The node turns silent as of the moment the connection was lost.
 */
export function watchPresence(options: PresenceOptions, lifetime: Lifetime): AgentPresence {
  const presence = new Presence(options, lifetime);
  lifetime.defer("agent presence", () => presence.stop());
  return presence;
}

interface Lost {
  readonly lostAt: EpochMs;
  readonly dueMonotonicMs: number;
}

class Presence implements AgentPresence {
  readonly #options: PresenceOptions;
  readonly #graceMs: number;
  readonly #logSilent: (fields: object) => void;
  readonly #logUnrecorded: (fields: object) => void;
  readonly #since = new Map<string, EpochMs>();
  /** Hosts in their grace period, in the order their periods end. */
  readonly #lost = new Map<string, Lost>();
  #timer: NodeJS.Timeout | undefined;
  #marking: Promise<void> | undefined;
  #stopped = false;

  constructor(options: PresenceOptions, lifetime: Lifetime) {
    this.#options = options;
    const warn = options.log.warn.bind(options.log);
    this.#logSilent = createLogBurst(warn, { event: "agent silent", more: "more agents silent" }, lifetime);
    this.#logUnrecorded = createLogBurst(
      warn,
      { event: "agent silence not recorded yet", more: "more agents' silence not recorded yet" },
      lifetime,
    );
    this.#graceMs = options.graceMs ?? SILENCE_GRACE_MS;
    for (const node of this.#agentNodes()) {
      this.#since.set(hostOf(node), options.clock.now());
      if (node.attributes.session === "connected") this.disconnected(hostOf(node));
    }
  }

  async connected(host: string, facts: AgentFacts): Promise<void> {
    const wasConnected = this.#nodeOf(host)?.attributes.session === "connected";
    this.#lost.delete(host);
    await this.#put(host, this.#options.clock.now(), {
      session: "connected",
      version: facts.version,
      boot_id: facts.bootId,
      clock_offset_ms: Math.round(facts.clockOffsetMs),
      connected_from: facts.connectedFrom,
    });
    if (!wasConnected || !this.#since.has(host)) this.#since.set(host, this.#options.clock.now());
  }

  disconnected(host: string): void {
    const { clock } = this.#options;
    this.#lost.delete(host);
    this.#lost.set(host, { lostAt: clock.now(), dueMonotonicMs: clock.monotonicMs() + this.#graceMs });
    this.#schedule();
  }

  async measured(host: string, clockOffsetMs: number): Promise<void> {
    const attributes = this.#nodeOf(host)?.attributes;
    if (attributes?.session !== "connected") return;
    const known = attributes.clock_offset_ms;
    if (typeof known === "number" && Math.abs(known - clockOffsetMs) < OFFSET_STEP_MS) return;
    await this.#put(host, this.#options.clock.now(), { ...attributes, clock_offset_ms: Math.round(clockOffsetMs) });
  }

  async judged(host: string, verdict: Verdict): Promise<void> {
    const attributes = this.#nodeOf(host)?.attributes;
    if (attributes?.session !== "silent" || this.#lost.has(host) || attributes.verdict === verdict) return;
    await this.#put(host, this.#options.clock.now(), { ...attributes, verdict });
  }

  statuses(): readonly AgentStatus[] {
    return this.#agentNodes().map((node) => ({
      cluster: node.cluster,
      host: hostOf(node),
      session: node.attributes.session === "connected" ? "connected" : "silent",
      since: this.#since.get(hostOf(node)) ?? this.#options.clock.now(),
      clockOffsetMs: typeof node.attributes.clock_offset_ms === "number" ? node.attributes.clock_offset_ms : 0,
      version: String(node.attributes.version ?? ""),
      verdict: VERDICTS.find((verdict) => verdict === node.attributes.verdict),
    }));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#marking;
  }

  #schedule(): void {
    if (this.#stopped || this.#timer !== undefined || this.#marking !== undefined) return;
    const [next] = this.#lost.values();
    if (next === undefined) return;
    this.#wakeIn(Math.max(0, next.dueMonotonicMs - this.#options.clock.monotonicMs()));
  }

  #wakeIn(delayMs: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#marking = this.#markOverdue();
    }, delayMs);
  }

  /** While the store refuses, the hosts stay in their grace period and are tried again. */
  async #markOverdue(): Promise<void> {
    const nowMs = this.#options.clock.monotonicMs();
    const overdue = [...this.#lost].filter(([, { dueMonotonicMs }]) => dueMonotonicMs <= nowMs);
    const outcomes = await Promise.all(overdue.map(([host, lost]) => this.#markSilent(host, lost)));
    this.#marking = undefined;
    if (outcomes.every(Boolean)) this.#schedule();
    else if (!this.#stopped) this.#wakeIn(RETRY_MS);
  }

  async #markSilent(host: string, lost: Lost): Promise<boolean> {
    const { recorder } = this.#options;
    try {
      await this.#put(host, lost.lostAt, { ...this.#nodeOf(host)?.attributes, session: "silent" });
    } catch (error) {
      this.#logUnrecorded({ cluster: recorder.cluster, host, error: messageOf(error) });
      return false;
    }
    // An agent that came back meanwhile has said so after us, and that is what stands.
    if (this.#lost.get(host) !== lost) return true;
    this.#lost.delete(host);
    this.#since.set(host, lost.lostAt);
    this.#logSilent({ cluster: recorder.cluster, host, lost_at: lost.lostAt });
    return true;
  }

  async #put(host: string, at: EpochMs, attributes: Attributes): Promise<void> {
    const { recorder } = this.#options;
    const node: Node = {
      id: agentId(host),
      kind: "agent",
      name: host,
      cluster: recorder.cluster,
      host,
      parent: hostId(host),
      attributes,
    };
    await recorder.record({ kind: "changes", owner: { kind: "recorder", host }, at, put: [node], remove: [] });
  }

  #nodeOf(host: string): Node | undefined {
    const node = this.#options.recorder.graph.get(agentId(host));
    return node === undefined || isLink(node) ? undefined : node;
  }

  #agentNodes(): readonly Node[] {
    const { graph } = this.#options.recorder;
    return [...graph.ofKind("agent")].flatMap((id) => {
      const node = graph.get(id);
      return node === undefined || isLink(node) ? [] : [node];
    });
  }
}

function hostOf(node: Node): string {
  return node.host ?? node.name;
}
