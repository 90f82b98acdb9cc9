import type { MeshClass, MeshPeer } from "../../core/mesh.ts";
import { UNDERLAY_MTU } from "../cloud/addresses.ts";
import type { Host } from "../cloud/cloud.ts";
import { NICS } from "../elements/underlay-elements.ts";
import type { SimulatedPoint } from "../metrics/line-of.ts";
import { surgeFactor } from "../metrics/rhythm.ts";
import { noise } from "../random.ts";

/** What comes of the questions of one host to another. */
export type PairState = "answers" | "refuses" | "silent";

/** Questions without an answer in a row, and a little: before that a peer is not called silent. */
export const SILENT_AFTER_MS = 4_500;
/** Of the packets of a host that gets more than it can take. */
const LOST_IN_SURGE = 0.04;
const RTT_S: { readonly [meshClass in MeshClass]: number } = {
  rack: 0.000_09,
  zone: 0.000_2,
  region: 0.001_1,
  network: 0.000_25,
  overlay: 0.000_3,
};

/** One host and one that it asks. Losses are added up whenever something changes, so that samples cost the same however long ago that was. */
export class MeshPair {
  readonly peer: MeshPeer;
  readonly other: Host;
  readonly #asker: Host;
  readonly #intervalMs: number;
  #state: PairState = "answers";
  #stateSinceMs: number;
  #askedSinceMs: number;
  #lost = 0;
  #lostUntilMs: number;
  #lostShare = 0;
  #hasAnswered = false;

  constructor(
    peer: MeshPeer,
    of: { readonly asker: Host; readonly other: Host; readonly intervalMs: number },
    nowMs: number,
  ) {
    [this.peer, this.other, this.#asker, this.#intervalMs] = [peer, of.other, of.asker, of.intervalMs];
    [this.#stateSinceMs, this.#askedSinceMs, this.#lostUntilMs] = [nowMs, nowMs, nowMs];
    this.look(nowMs);
  }

  /** The asker's agent was started anew: it counts from the beginning. */
  restart(nowMs: number): void {
    [this.#askedSinceMs, this.#stateSinceMs, this.#lostUntilMs] = [nowMs, nowMs, nowMs];
    [this.#lost, this.#hasAnswered] = [0, false];
    this.look(nowMs);
  }

  /** The condition of one of the two may have changed. */
  look(nowMs: number): void {
    this.#lost = this.#lostAt(nowMs);
    this.#lostUntilMs = nowMs;
    const state = stateOf(this.#asker, this.other);
    if (state !== this.#state) this.#stateSinceMs = nowMs;
    this.#state = state;
    if (state === "answers") this.#hasAnswered = true;
    const crowded = [this.#asker, this.other].filter((it) => surgeFactor(it.condition, "traffic", nowMs) > 1).length;
    this.#lostShare = state === "answers" ? LOST_IN_SURGE * crowded : 1;
  }

  /** A leg of a bond has gone: what was under way over it is lost. */
  legLost(nic: number, nowMs: number): void {
    const own = Math.floor(noise(this.#asker.index, this.other.index) * NICS.length);
    if (own === nic) this.#lost = this.#lostAt(nowMs) + 1;
    this.#lostUntilMs = Math.max(this.#lostUntilMs, nowMs);
  }

  /** What the agent says of the peer now: it waits a little before it calls one silent. */
  saidAt(nowMs: number): PairState {
    return nowMs - this.#stateSinceMs >= SILENT_AFTER_MS ? this.#state : "answers";
  }

  point(atMs: number): SimulatedPoint {
    const sent = Math.floor(Math.max(0, atMs - this.#askedSinceMs) / this.#intervalMs);
    const answers = this.#state === "answers" && sent > 0;
    const crowded = this.#lostShare > 0 ? 8 : 1;
    const unsteady = noise(this.#asker.index, this.other.index, atMs);
    const rtt = RTT_S[this.peer.class] * crowded * (0.85 + 0.4 * unsteady);
    const { host: peer, path, class: meshClass } = this.peer;
    return {
      measurement: "mesh",
      tags: { peer, path, class: meshClass },
      fields: {
        sent: { int: sent },
        lost: { int: Math.min(sent, Math.floor(this.#lostAt(atMs))) },
        rtt_s: answers ? Math.round(rtt * 1e6) / 1e6 : undefined,
        rtt_max_s: answers ? Math.round(rtt * (1.3 + 3 * unsteady) * 1e6) / 1e6 : undefined,
        path_mtu_bytes: this.#hasAnswered && sent > 0 ? { int: this.#pathMtu() } : undefined,
      },
    };
  }

  #pathMtu(): number {
    return Math.min(this.#asker.condition.mtu ?? UNDERLAY_MTU, this.other.condition.mtu ?? UNDERLAY_MTU);
  }

  #lostAt(atMs: number): number {
    return this.#lost + (this.#lostShare * Math.max(0, atMs - this.#lostUntilMs)) / this.#intervalMs;
  }
}

/** The machine answers for an agent that is not there, as long as a packet gets to it and back. */
function stateOf(asker: Host, { condition }: Host): PairState {
  const isCutOff = (it: Host) => it.condition.downNics.length >= NICS.length;
  if (!condition.powered || condition.downNics.length >= NICS.length || isCutOff(asker)) return "silent";
  return condition.agentRunning ? "answers" : "refuses";
}
