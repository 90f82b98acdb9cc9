import { statSync } from "node:fs";
import { join } from "node:path";
import { type Clock, type EpochMs, epochMsOf } from "../../core/clock.ts";
import type { Attributes } from "../../core/element.ts";
import type { ElementId } from "../../core/element-id.ts";
import type { KnownNamespace } from "../metrics/interface-probe.ts";
import type { Probe, ProbeContext } from "../probe.ts";
import type { ProcReader } from "../proc-reader.ts";
import { sameAttributes } from "../topology/attributes.ts";
import { type Carried, type Counters, carriedOn, countersOf } from "./carried.ts";
import { scanDhcpServers } from "./dnsmasq-scan.ts";
import { type HaStates, haTransitions, parseHaState } from "./ha-state.ts";
import { networkAttributes } from "./network-attributes.ts";
import { networkNodePoint } from "./network-node-point.ts";
import { neutronNamespace, sideOf } from "./neutron-namespace.ts";
import { isNetworkNode } from "./role.ts";
import type { VacantNamespaces } from "./vacant-namespaces.ts";

export interface NetworkNodeOptions {
  /** Where Neutron's agents keep their state; `/var/lib/neutron` when not given. */
  readonly neutronStateFolder?: string;
  /** How often dnsmasq is looked for; a minute when not given. */
  readonly scanEveryMs?: number;
  /** How often namespaces that nobody lives in are read; a minute when not given. */
  readonly readVacantEveryMs?: number;
}

export interface NetworkNodeDeps {
  readonly host: string;
  readonly proc: ProcReader;
  readonly clock: Clock;
  readonly namespaces: () => readonly KnownNamespace[] | undefined;
  readonly vacant: VacantNamespaces;
}

const NEUTRON_STATE_FOLDER = "/var/lib/neutron";
const SCAN_EVERY_MS = 60_000;

/** Namespaces of Neutron, DHCP servers, and what a network node carries. */
export function networkNodeProbe(options: NetworkNodeOptions, deps: NetworkNodeDeps): Probe {
  const { host, proc, clock, namespaces } = deps;
  const { neutronStateFolder = NEUTRON_STATE_FOLDER, scanEveryMs = SCAN_EVERY_MS } = options;
  const haFolder = join(neutronStateFolder, "ha_confs");
  return {
    name: "network_node",
    async detect(context: ProbeContext) {
      if (proc.text("/proc/net/dev") === undefined) return undefined;
      const traffic = createTraffic(deps);
      let dhcpServers = await scanDhcpServers(proc);
      let scanDueMs = clock.monotonicMs() + scanEveryMs;
      let haStates: HaStates | undefined;
      let said: ReadonlyMap<ElementId, Attributes> = new Map();

      function attributesNow(known: readonly KnownNamespace[]): ReadonlyMap<ElementId, Attributes> {
        haStates ??= readHaStates(deps, haFolder, known);
        const isNode = isNetworkNode(known, context.elements());
        return networkAttributes(host, known, { isNetworkNode: isNode, dhcpServers, haStates });
      }

      return {
        async sample(at, sink) {
          const known = namespaces();
          if (known === undefined) return;
          if (clock.monotonicMs() >= scanDueMs) {
            scanDueMs = clock.monotonicMs() + scanEveryMs;
            dhcpServers = await scanDhcpServers(proc);
          }
          const states = readHaStates(deps, haFolder, known);
          haTransitions(host, haStates ?? states, states).forEach(context.report);
          haStates = states;
          const isNode = isNetworkNode(known, context.elements());
          const { routed, uplink } = traffic.read(known);
          if (isNode) {
            const routers = new Set(known.flatMap(({ name }) => neutronNamespace(name)?.routerId ?? []));
            const activeRouters = [...states.values()].filter(({ state }) => state === "primary").length;
            const dhcpNetworks = known.filter(({ name }) => neutronNamespace(name)?.service === "dhcp").length;
            sink(networkNodePoint({ routed, uplink, routers: routers.size, activeRouters, dhcpNetworks }, at));
          }
          const now = attributesNow(known);
          if (isSame(said, now)) return;
          said = now;
          context.changed();
        },
        // Made of what there is now: a namespace is told together with what it is for.
        contribute() {
          const known = namespaces();
          if (known !== undefined) said = attributesNow(known);
          return { elements: [], attributes: said };
        },
      };
    },
  };
}

/** `<folder>/<router>/state`, written by Neutron's keepalived monitor at each transition; of routers that have a namespace here. */
function readHaStates({ proc, clock }: NetworkNodeDeps, folder: string, known: readonly KnownNamespace[]): HaStates {
  const states = new Map<string, { readonly state: string; readonly at: EpochMs }>();
  for (const { name } of known) {
    const neutron = neutronNamespace(name);
    if (neutron?.service !== "router" || neutron.routerId === undefined) continue;
    const path = join(folder, neutron.routerId, "state");
    const state = parseHaState(proc.text(path) ?? "");
    if (state !== undefined) states.set(neutron.routerId, { state, at: writtenAt(path) ?? clock.now() });
  }
  return states;
}

function writtenAt(path: string): EpochMs | undefined {
  const written = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  return written === undefined ? undefined : epochMsOf(Math.floor(written));
}

/** Counts what routers and network cards carry, since it was made. */
function createTraffic({ proc, vacant }: NetworkNodeDeps) {
  let routed: Carried | undefined;
  let uplink: Carried | undefined;
  /** What a namespace that cannot be read now was last: it is not gone for that. */
  let lastOf: ReadonlyMap<string, Counters> = new Map();

  function read({ name = "", pid, inode }: KnownNamespace): Counters {
    const neutron = neutronNamespace(name);
    if (neutron === undefined || neutron.service === "dhcp") return new Map();
    const isInside = pid !== undefined && proc.link(`/proc/${pid}/ns/net`) === `net:[${inode}]`;
    const reading = vacant.readings.get(name);
    const text = isInside ? proc.text(`/proc/${pid}/net/dev`) : reading?.inode === inode ? reading.netDev : undefined;
    if (text === undefined) return lastOf.get(name) ?? new Map();
    return countersOf(text, `${name}/`, (device) => /^(in|ex)ternal$/.test(sideOf(neutron, device) ?? ""));
  }

  return {
    read(known: readonly KnownNamespace[]) {
      const all = known.filter(({ name }) => name !== undefined);
      lastOf = new Map(all.map((it) => [it.name ?? "", read(it)]));
      routed = carriedOn(routed, new Map([...lastOf.values()].flatMap((counters) => [...counters])));
      const own = known.find(({ name }) => name === undefined)?.interfaces;
      const isCard = (device: string) => own?.get(device)?.kind === "nic";
      uplink = carriedOn(uplink, countersOf(proc.text("/proc/net/dev") ?? "", "", isCard));
      return { routed, uplink };
    },
  };
}

function isSame(a: ReadonlyMap<ElementId, Attributes>, b: ReadonlyMap<ElementId, Attributes>): boolean {
  return a.size === b.size && [...a].every(([id, attributes]) => sameAttributes(attributes, b.get(id) ?? {}));
}
