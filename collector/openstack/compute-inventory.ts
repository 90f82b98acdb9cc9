import { type ApiObject, idAt, numberAt, recordAt, textAt, timeAt } from "./api/words.ts";
import { type Flavor, type FlavorLookup, flavorOf, hostOf } from "./elements/server.ts";

/** What of a machine counts. */
export interface CountedServer {
  readonly status: string;
  readonly host: string | undefined;
  readonly project: string | undefined;
  readonly zone: string | undefined;
  readonly flavor: Flavor;
}

export interface CountedHypervisor {
  readonly host: string;
  readonly isUp: boolean;
  readonly isEnabled: boolean;
  /** Undefined where Nova does not tell (2.88 and newer). */
  readonly size: HostSize | undefined;
}

/** Memory and disk in bytes. `total` is what may be promised, with the allocation ratio where it is known. */
export interface HostSize {
  readonly vcpus: Amount;
  readonly memory: Amount;
  readonly disk: Amount;
}

export interface Amount {
  readonly used: number;
  readonly total: number;
  /** What the machine has, without any ratio. */
  readonly physical: number;
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
  #hypervisors: readonly CountedHypervisor[] = [];
  #services: readonly CountedService[] = [];

  get servers(): ReadonlyMap<string, CountedServer> {
    return this.#servers;
  }

  get hypervisors(): readonly CountedHypervisor[] {
    return this.#hypervisors;
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
    this.#services = services.flatMap((service) => {
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

  replaceHypervisors(hypervisors: readonly ApiObject[]): void {
    this.#hypervisors = hypervisors.flatMap((hypervisor) => {
      const host = textAt(recordAt(hypervisor, "service"), "host") ?? textAt(hypervisor, "hypervisor_hostname");
      if (host === undefined) return [];
      return {
        host,
        isUp: hypervisor.state === "up",
        isEnabled: hypervisor.status === "enabled",
        size: sizeOf(hypervisor),
      };
    });
  }
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

function sizeOf(hypervisor: ApiObject): HostSize | undefined {
  const amount = (total: string, used: string, unit: number): Amount | undefined => {
    const [all, taken] = [numberAt(hypervisor, total), numberAt(hypervisor, used)];
    return all === undefined ? undefined : { used: (taken ?? 0) * unit, total: all * unit, physical: all * unit };
  };
  const vcpus = amount("vcpus", "vcpus_used", 1);
  const memory = amount("memory_mb", "memory_mb_used", MIB);
  const disk = amount("local_gb", "local_gb_used", GIB);
  return vcpus === undefined || memory === undefined || disk === undefined ? undefined : { vcpus, memory, disk };
}
