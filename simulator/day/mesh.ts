import { endpointText, type MeshPlan } from "../../core/mesh.ts";
import type { Cloud, Host } from "../cloud/cloud.ts";
import { hostAt } from "../cloud/identity.ts";
import type { SimulatedPoint } from "../metrics/line-of.ts";
import type { Act } from "./act.ts";
import { MeshPair, SILENT_AFTER_MS } from "./mesh-pair.ts";

/** A host may have something else to say of its peers then. */
export interface MeshLook {
  readonly host: number;
  readonly atMs: number;
}

/** An answer that comes again is seen with the next question. */
const ANSWER_AFTER_MS = 1_000;

/** The probes of all hosts to their peers, as the plans of the collector say. Hosts that are not of this cloud are not asked. */
export class SimulatedMesh {
  readonly #cloud: Cloud;
  readonly #pairs = new Map<number, readonly MeshPair[]>();
  /** Who asks a host. Also those that once did: they have pairs to look at, or none. */
  readonly #askers = new Map<number, Set<number>>();
  #hostsByName: ReadonlyMap<string, Host> | undefined;

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  /** Takes over a plan; peers that stay go on where they were. */
  follow(name: string, plan: MeshPlan, nowMs: number): readonly MeshLook[] {
    this.#hostsByName ??= new Map(this.#cloud.hosts.map((host) => [host.name, host]));
    const asker = this.#hostsByName.get(name);
    if (asker === undefined) return [];
    const nameOf = ({ peer }: Pick<MeshPair, "peer">) => `${peer.host} ${endpointText(peer)}`;
    const known = new Map((this.#pairs.get(asker.index) ?? []).map((pair) => [nameOf(pair), pair]));
    const pairs = plan.peers.flatMap((peer) => {
      const other = this.#hostsByName?.get(peer.host);
      if (other === undefined) return [];
      this.#askersOf(other.index).add(asker.index);
      const parts = { asker, other, intervalMs: plan.interval_ms };
      return known.get(nameOf({ peer })) ?? new MeshPair(peer, parts, nowMs);
    });
    this.#pairs.set(asker.index, pairs);
    return looksOf([asker.index], nowMs);
  }

  /** After an act was performed: who is to look again, and when. */
  performed(act: Act, nowMs: number): readonly MeshLook[] {
    if (this.#pairs.size === 0) return [];
    switch (act.kind) {
      case "power":
      case "agent":
        if (hostAt(this.#cloud, act.host).condition.agentRunning) this.#restart(act.host, nowMs);
        break;
      case "nic":
        if (!act.up) for (const pair of this.#pairsWith(act.host)) pair.legLost(act.nic, nowMs);
        break;
      case "load":
        if (act.load !== "traffic") return [];
        break;
      default:
        return [];
    }
    for (const pair of this.#pairsWith(act.host)) pair.look(nowMs);
    return act.kind === "load" ? [] : looksOf([act.host, ...this.#askersOf(act.host)], nowMs);
  }

  /** What a host has to say, when that is something else than it said before. */
  unreachedBy(index: number, nowMs: number): Act | undefined {
    const { condition } = hostAt(this.#cloud, index);
    if (!condition.powered || !condition.agentRunning) return undefined;
    const pairs = this.#pairs.get(index) ?? [];
    const hosts = (state: "silent" | "refuses") =>
      [...new Set(pairs.flatMap((pair) => (pair.saidAt(nowMs) === state ? [pair.peer.host] : [])))].sort();
    const [silent, refused] = [hosts("silent"), hosts("refuses")];
    const isSame = silent.join() === condition.meshSilent.join() && refused.join() === condition.meshRefused.join();
    return isSame ? undefined : { kind: "unreached", host: index, silent, refused };
  }

  points(host: Host, atMs: number): readonly SimulatedPoint[] {
    return (this.#pairs.get(host.index) ?? []).map((pair) => pair.point(atMs));
  }

  #restart(index: number, nowMs: number): void {
    for (const pair of this.#pairs.get(index) ?? []) pair.restart(nowMs);
  }

  *#pairsWith(index: number): Iterable<MeshPair> {
    yield* this.#pairs.get(index) ?? [];
    for (const asker of this.#askersOf(index)) {
      for (const pair of this.#pairs.get(asker) ?? []) if (pair.other.index === index) yield pair;
    }
  }

  #askersOf(index: number): Set<number> {
    const known = this.#askers.get(index) ?? new Set();
    this.#askers.set(index, known);
    return known;
  }
}

function looksOf(hosts: readonly number[], nowMs: number): readonly MeshLook[] {
  return hosts.flatMap((host) => [
    { host, atMs: nowMs + ANSWER_AFTER_MS },
    { host, atMs: nowMs + SILENT_AFTER_MS },
  ]);
}
