import type { Cloud, Host, Vm } from "../cloud/cloud.ts";
import { hash32, textHash } from "../random.ts";

export type OpenStackObject = { readonly [member: string]: unknown };

export type HostName = (host: Host) => string;

/** What each service calls a host: they need not agree. */
export interface HostNames {
  /** Nova's service, and the host of its servers. */
  readonly service: HostName;
  /** `hypervisor_hostname`, and the name of the resource provider. */
  readonly hypervisor: HostName;
  /** Agents and bindings of Neutron. */
  readonly neutron: HostName;
}

/** How OpenStack sees a cloud: by which names, and by which clock. */
export interface View {
  readonly cloud: Cloud;
  readonly names: HostNames;
  /** Epoch milliseconds of a moment in milliseconds since the cloud began. */
  wallOf(ms: number): number;
  /** When something of a machine changed last, in milliseconds since the cloud began. */
  updatedMs(vm: Vm): number;
  /** How often something of it has changed. */
  revision(vm: number): number;
  /** Since when a daemon does not report, in milliseconds since the cloud began; undefined while it does. */
  silentSinceMs(host: number, daemon: string): number | undefined;
}

export const SHORT_NAMES: HostNames = {
  service: ({ name }) => name,
  hypervisor: ({ name }) => name,
  neutron: ({ name }) => name,
};

/** `cn-00001.r1.cloud.example`, as a host calls itself that was given a domain. */
export const fullName: HostName = ({ name, place }) => `${name}.${place.region}.cloud.example`;

/** Everybody agrees, and nothing has changed since the cloud began. */
export function plainView(cloud: Cloud): View {
  return {
    cloud,
    names: SHORT_NAMES,
    wallOf: (ms) => cloud.beganAt + ms,
    updatedMs: ({ bornMs }) => bornMs,
    revision: () => 0,
    silentSinceMs: (host, daemon) => {
      const condition = cloud.hosts[host]?.condition;
      const reports = condition?.powered === true && !condition.missingProcesses.includes(daemon);
      return reports ? undefined : Number.NEGATIVE_INFINITY;
    },
  };
}

/** A daemon that is not known to have ever reported did so last this long ago. */
const LONG_AGO_MS = 3_600_000;

/**
 * When a daemon reported last, in epoch milliseconds: each has its own beat. It goes on until the daemon falls silent;
 * whether it is alive is for whoever reads it to judge, as the services themselves do.
 */
export function lastReport(
  view: View,
  { host, daemon, periodMs }: { readonly host: Host; readonly daemon: string; readonly periodMs: number },
  now: number,
): number {
  const silentMs = view.silentSinceMs(host.index, daemon);
  const phaseMs = hash32(view.cloud.seed, textHash(daemon), host.index) % periodMs;
  const untilMs =
    silentMs === undefined ? now : Number.isFinite(silentMs) ? Math.min(now, view.wallOf(silentMs)) : now - LONG_AGO_MS;
  return Math.floor((untilMs - phaseMs) / periodMs) * periodMs + phaseMs;
}

/** `2016-10-10T14:35:34Z` */
export function isoSeconds(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}

/** `2016-12-27T23:47:32.911000`: UTC without a zone, as Nova and Cinder write what they read of their databases. */
export function isoMicroseconds(at: number): string {
  return `${new Date(at).toISOString().slice(0, 23)}000`;
}

/** `2017-09-12 19:40:08`: UTC without a zone, as Neutron writes times of agents. */
export function spacedSeconds(at: number): string {
  return new Date(at).toISOString().slice(0, 19).replace("T", " ");
}
