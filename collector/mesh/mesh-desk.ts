import type { ElementId } from "../../core/element-id.ts";
import type { Lifetime } from "../../core/lifetime.ts";
import type { MeshPeer, MeshPlan } from "../../core/mesh.ts";
import { type Testimony, testimonyOf } from "../../topology/host-witnesses.ts";
import { changedId } from "../../topology/model/change.ts";
import type { Recorder } from "../../topology/recorder.ts";
import { meshHostsOf } from "./mesh-hosts.ts";
import { planMesh } from "./plan-mesh.ts";

/** Hosts come in crowds: the plan is made this long after the first change that may change it. */
const PLAN_AFTER_MS = 2_000;

export interface MeshSettings {
  readonly intervalMs: number;
  /** Peers of one host at most. */
  readonly peers: number;
  /** Signs the packets of a cluster: 32 bytes in hexadecimal, the same after a restart. */
  readonly key: string;
}

export interface MeshDesk {
  /** What a host is to be told; undefined when it has nobody to ask and nobody asks it. */
  planOf(host: string): MeshPlan | undefined;
  /** What its neighbours say of a host. */
  testimonyOf(host: string): Testimony;
  /** Called with each host whose plan changed. */
  onChange(listener: (host: string) => void): void;
}

/** Keeps the plan of a cluster's mesh true to its topology. */
export function openMeshDesk(recorder: Recorder, settings: MeshSettings, lifetime: Lifetime): MeshDesk {
  const listeners: ((host: string) => void)[] = [];
  let plans: ReadonlyMap<string, readonly MeshPeer[]> = new Map();
  let askers: ReadonlyMap<string, readonly string[]> = new Map();
  let timer: NodeJS.Timeout | undefined;
  let plannedFor = "";

  function plan(): void {
    timer = undefined;
    const hosts = meshHostsOf(recorder.graph);
    const basis = JSON.stringify(hosts);
    if (basis === plannedFor) return;
    plannedFor = basis;
    const before = plans;
    plans = planMesh(hosts, settings.peers);
    askers = reversed(plans);
    for (const [host, peers] of plans) {
      if (samePeers(before.get(host) ?? [], peers) && before.has(host)) continue;
      for (const listener of listeners) listener(host);
    }
  }

  const stop = recorder.onRevision(({ changes }) => {
    if (timer !== undefined || !changes.some((change) => isHostNode(changedId(change)))) return;
    timer = setTimeout(plan, PLAN_AFTER_MS);
  });
  lifetime.defer("mesh planning", () => {
    stop();
    clearTimeout(timer);
  });
  plan();
  return {
    planOf(host) {
      const peers = plans.get(host);
      return peers === undefined || plans.size < 2
        ? undefined
        : { key: settings.key, interval_ms: settings.intervalMs, peers };
    },
    testimonyOf: (host) => testimonyOf(host, askers.get(host) ?? [], recorder.graph),
    onChange: (listener) => void listeners.push(listener),
  };
}

const isHostNode = (id: ElementId): boolean => /^host\/[^/]+$/.test(id);

function reversed(plans: ReadonlyMap<string, readonly MeshPeer[]>): ReadonlyMap<string, readonly string[]> {
  const askers = new Map<string, Set<string>>();
  for (const [host, peers] of plans) {
    for (const peer of peers) {
      const known = askers.get(peer.host) ?? new Set();
      askers.set(peer.host, known.add(host));
    }
  }
  return new Map(Array.from(askers, ([host, set]) => [host, [...set]]));
}

function samePeers(a: readonly MeshPeer[], b: readonly MeshPeer[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
