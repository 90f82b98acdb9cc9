import { type ApiObject, idAt, numberAt, recordAt, textAt, timeAt } from "./api/words.ts";
import { type Flavor, type FlavorLookup, flavorOf, hostOf } from "./elements/server.ts";
import type { Limits } from "./quota-turns.ts";

/** What of a machine counts. */
export interface CountedServer {
  readonly status: string;
  readonly host: string | undefined;
  readonly project: string | undefined;
  readonly zone: string | undefined;
  readonly flavor: Flavor;
}

export interface CountedHypervisor {
  readonly id: string;
  /** `hypervisor_hostname`. */
  readonly name: string;
  readonly host: string;
  readonly isUp: boolean;
  readonly isEnabled: boolean;
  /** As Nova says; undefined where it does not (2.88 and newer). */
  readonly amounts: HostAmounts | undefined;
  /** As Nova told it, to be told again when Placement says something else of it. */
  readonly object: ApiObject;
}

/** By resource: `vcpus`, `memory` and `disk` (bytes), `pcpus`, `vgpus`, and others by their class in small letters. */
export type HostAmounts = ReadonlyMap<string, Amount>;

export interface Amount {
  readonly used: number;
  /** What may be promised: without what is reserved, times the allocation ratio, where Placement says so. */
  readonly total: number;
  /** What the machine has. */
  readonly physical: number;
  /** Undefined where only Placement would know. */
  readonly ratio?: number;
}

export interface CountedService {
  readonly binary: string;
  readonly host: string;
  readonly zone: string | undefined;
  readonly isUp: boolean;
  readonly isEnabled: boolean;
  readonly heartbeatAgeMs: number | undefined;
}

const MIB = 2 ** 20;
const GIB = 2 ** 30;

/** What Nova of one region has, to be counted. */
export class ComputeInventory {
  #servers = new Map<string, CountedServer>();
  /** Of the list that is being read: what changes meanwhile changes there, too. */
  #fresh: Map<string, CountedServer> | undefined;
  readonly #hypervisors = new Map<string, CountedHypervisor>();
  #services: readonly CountedService[] = [];
  /** By project. */
  readonly quotas = new Map<string, Limits>();

  get servers(): ReadonlyMap<string, CountedServer> {
    return this.#servers;
  }

  get hypervisors(): readonly CountedHypervisor[] {
    return [...this.#hypervisors.values()];
  }

  get services(): readonly CountedService[] {
    return this.#services;
  }

  has(id: string): boolean {
    return this.#servers.has(id);
  }

  /** A list of all begins; it counts from `done` on. */
  beginServers() {
    const fresh = new Map<string, CountedServer>();
    this.#fresh = fresh;
    return {
      put: (server: ApiObject, flavors: FlavorLookup): void => {
        const id = idAt(server);
        if (id !== undefined) fresh.set(id, countedServer(server, flavors));
      },
      keep: (id: string | undefined): void => {
        const known = id === undefined ? undefined : this.#servers.get(id);
        if (id !== undefined && known !== undefined) fresh.set(id, known);
      },
      /** Those that are not in the list stay as they were. */
      keepOthers: (): void => {
        for (const [id, known] of this.#servers) if (!fresh.has(id)) fresh.set(id, known);
      },
      done: (): void => {
        this.#servers = fresh;
        this.#fresh = undefined;
      },
    };
  }

  change(put: readonly ApiObject[], gone: readonly string[], flavors: FlavorLookup): void {
    for (const servers of [this.#servers, this.#fresh]) {
      for (const server of put) servers?.set(idAt(server) ?? "", countedServer(server, flavors));
      for (const id of gone) servers?.delete(id);
    }
  }

  replaceServices(services: readonly ApiObject[], nowMs: number): void {
    this.#services = countedServices(services, nowMs);
  }

  putHypervisor(object: ApiObject): void {
    const [id, name] = [idAt(object), textAt(object, "hypervisor_hostname")];
    if (id === undefined || name === undefined) return;
    const host = textAt(recordAt(object, "service"), "host") ?? name;
    const [isUp, isEnabled] = [object.state === "up", object.status === "enabled"];
    this.#hypervisors.set(id, { id, name, host, isUp, isEnabled, amounts: amountsOf(object), object });
  }

  /** A list was read to its end: others are gone. */
  keepHypervisors(ids: ReadonlySet<string>): void {
    for (const id of this.#hypervisors.keys()) if (!ids.has(id)) this.#hypervisors.delete(id);
  }
}

/** Of Nova's or Cinder's `os-services`. */
export function countedServices(services: readonly ApiObject[], nowMs: number): readonly CountedService[] {
  return services.flatMap((service) => {
    const [binary, host] = [textAt(service, "binary"), textAt(service, "host")];
    if (binary === undefined || host === undefined) return [];
    const reported = timeAt(service, "updated_at");
    return {
      ...{ binary, host, zone: textAt(service, "zone") },
      isUp: service.state === "up",
      isEnabled: service.status === "enabled",
      heartbeatAgeMs: reported === undefined ? undefined : Math.max(0, nowMs - reported),
    };
  });
}

function countedServer(server: ApiObject, flavors: FlavorLookup): CountedServer {
  return {
    status: textAt(server, "status") ?? "UNKNOWN",
    host: hostOf(server),
    project: textAt(server, "tenant_id") ?? textAt(server, "project_id"),
    zone: textAt(server, "OS-EXT-AZ:availability_zone"),
    flavor: flavorOf(server, flavors),
  };
}

function amountsOf(hypervisor: ApiObject): HostAmounts | undefined {
  const amounts = new Map<string, Amount>();
  for (const [resource, total, used, unit] of SIZES) {
    const [all, taken] = [numberAt(hypervisor, total), numberAt(hypervisor, used)];
    if (all === undefined) return undefined;
    amounts.set(resource, { used: (taken ?? 0) * unit, total: all * unit, physical: all * unit });
  }
  return amounts;
}

const SIZES = [
  ["vcpus", "vcpus", "vcpus_used", 1],
  ["memory", "memory_mb", "memory_mb_used", MIB],
  ["disk", "local_gb", "local_gb_used", GIB],
] as const;
