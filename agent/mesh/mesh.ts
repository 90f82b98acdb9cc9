import type { Clock, EpochMs } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import type { Lifetime } from "../../core/lifetime.ts";
import type { Log } from "../../core/log.ts";
import { endpointText, type MeshEndpoint, type MeshPlan } from "../../core/mesh.ts";
import type { PointSink } from "../probe.ts";
import { createMeshPeer, type PathFacts, type WatchedPeer } from "./mesh-peer.ts";
import { openResponder, type Responder } from "./mesh-sockets.ts";

export interface Mesh {
  /** Takes over what the collector says; peers that stay go on where they were. */
  follow(plan: MeshPlan): void;
  /** Where this host answers; what is not open yet is opened with the first plan. */
  offer(endpoints: readonly MeshEndpoint[]): void;
  sample(at: EpochMs, sink: PointSink): void;
  /** Sorted names of hosts, by what came of the questions to them: silent over every path, or refused on one. */
  unreached(): { readonly silent: readonly string[]; readonly refused: readonly string[] };
}

export interface MeshDeps extends PathFacts {
  readonly clock: Clock;
  readonly log: Log;
  readonly random: (bytes: Uint8Array<ArrayBuffer>) => void;
  /** `unreached` gives something else than before. */
  readonly changed: () => void;
}

/** Questions that have no answer yet are looked at this often. */
const LOOK_EVERY_MS = 500;

/** Asks the peers of the plan, one after the other through the interval, and answers whoever asks. */
export function startMesh(deps: MeshDeps, lifetime: Lifetime): Mesh {
  const { clock, log, random, changed } = deps;
  const asker = newAsker(random);
  const peers = new Map<string, WatchedPeer>();
  const responders = new Map<string, Promise<Responder | undefined>>();
  let offered: readonly MeshEndpoint[] = [];
  let plan: MeshPlan | undefined;
  let timer: NodeJS.Timeout | undefined;
  let order: readonly WatchedPeer[] = [];
  let next = 0;
  let lookedMs = clock.monotonicMs();
  let told = "";
  const refusedSaid = new Set<string>();

  function askNext(): void {
    const nowMs = clock.monotonicMs();
    order[next++ % order.length]?.ask(nowMs);
    if (nowMs - lookedMs < LOOK_EVERY_MS) return;
    lookedMs = nowMs;
    for (const peer of peers.values()) peer.expire(nowMs);
    const { silent, refused } = mesh.unreached();
    const now = `${silent.join()} ${refused.join()}`;
    if (now === told) return;
    told = now;
    changed();
  }

  function openResponders(): void {
    if (plan === undefined || lifetime.isOver) return;
    for (const endpoint of offered) {
      const name = endpointText(endpoint);
      if (responders.has(name)) continue;
      // What is in use or not there yet may be free later: it is opened with what is offered next.
      const failed = (reason: string) => {
        void responders.get(name)?.then((open) => open?.close());
        responders.delete(name);
        if (refusedSaid.has(name)) return;
        refusedSaid.add(name);
        const hint = "is another agent running here? choose another port with agent.mesh.port";
        log.warn(
          { address: endpoint.address, port: endpoint.port, reason, hint },
          "probes of other agents not answered",
        );
      };
      const key = () => Buffer.from(plan?.key ?? "", "hex");
      responders.set(
        name,
        openResponder(endpoint, key, () => clock.monotonicMs(), failed).catch((thrown: unknown) => {
          failed(messageOf(thrown));
          return undefined;
        }),
      );
    }
    const wanted = new Set(offered.map(endpointText));
    for (const [name, responder] of responders) {
      if (wanted.has(name)) continue;
      responders.delete(name);
      void responder.then((open) => open?.close());
    }
  }

  const mesh: Mesh = {
    follow(newPlan) {
      if (lifetime.isOver) return;
      const keyChanged = plan?.key !== newPlan.key;
      plan = newPlan;
      openResponders();
      const key = Buffer.from(newPlan.key, "hex");
      const wanted = new Map(newPlan.peers.map((peer) => [`${peer.host} ${endpointText(peer)}`, peer]));
      for (const [name, peer] of peers) {
        if (!keyChanged && wanted.has(name)) continue;
        peer.close();
        peers.delete(name);
      }
      for (const [name, peer] of wanted) {
        if (!peers.has(name)) peers.set(name, createMeshPeer(peer, { ...deps, key, asker }));
      }
      order = [...peers.values()];
      clearInterval(timer);
      if (order.length > 0) timer = setInterval(askNext, Math.max(10, newPlan.interval_ms / order.length));
    },
    offer(endpoints) {
      offered = endpoints;
      openResponders();
    },
    sample(at, sink) {
      for (const peer of peers.values()) sink(peer.point(at));
    },
    unreached() {
      const nowMs = clock.monotonicMs();
      const byHost = Map.groupBy(peers.values(), ({ host }) => host);
      const states = Array.from(byHost, ([host, paths]) => ({ host, states: paths.map((path) => path.state(nowMs)) }));
      const hosts = (fits: (states: readonly string[]) => boolean) =>
        states
          .filter((it) => fits(it.states))
          .map(({ host }) => host)
          .sort();
      return {
        silent: hosts((all) => all.every((state) => state === "silent")),
        refused: hosts((all) => all.includes("refuses") && !all.includes("answers")),
      };
    },
  };
  lifetime.defer("mesh", async () => {
    clearInterval(timer);
    for (const peer of peers.values()) peer.close();
    for (const responder of responders.values()) (await responder)?.close();
  });
  return mesh;
}

function newAsker(random: MeshDeps["random"]): string {
  const bytes = new Uint8Array(8);
  random(bytes);
  return Buffer.from(bytes).toString("hex");
}
