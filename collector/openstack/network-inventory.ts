import { type ApiObject, booleanAt, idAt, recordsAt, textAt, timeAt } from "./api/words.ts";
import { poolsOf, type SubnetUse } from "./elements/network.ts";
import { type CountedPools, countedPools, GivenAddresses, numberOfIpv4 } from "./given-addresses.ts";
import { type NetworkQuotas, NO_QUOTAS } from "./network-quotas.ts";

/** What of a port counts. */
export interface CountedPort {
  readonly status: string;
  readonly vifType: string;
  readonly projectId: string | undefined;
  /** Subnet and address, one after the other. */
  readonly addresses: readonly string[];
}

export interface CountedSubnet {
  readonly id: string;
  readonly name: string;
  readonly networkId: string;
  readonly cidr: string;
  readonly projectId: string | undefined;
  readonly pools: CountedPools;
  /** Whose a pool is, by `<first>-<last>`: Neutron's pools have no names, so it stands in tags of the subnet. */
  readonly regionByRange: ReadonlyMap<string, string>;
  /** As Neutron told it, to be told again when its use changes. */
  readonly object: ApiObject;
}

export interface CountedAgent {
  readonly type: string;
  readonly host: string;
  readonly zone: string | undefined;
  readonly isAlive: boolean;
  readonly isEnabled: boolean;
  readonly heartbeatAgeMs: number | undefined;
}

export interface RangeUse {
  readonly subnetId: string;
  readonly range: string;
  readonly used: number;
  readonly total: number;
}

const MOST_PROJECTS = 100_000;

/** What Neutron of one region has, to be counted. */
export class NetworkInventory {
  readonly #ports = new Map<string, CountedPort>();
  readonly subnets = new Map<string, CountedSubnet>();
  /** Ids with whether it is an external one. */
  readonly networks = new Map<string, boolean>();
  readonly floatingIps = new Map<
    string,
    { readonly networkId: string | undefined; readonly projectId: string | undefined }
  >();
  readonly #projects = new Map<string, string>();
  #agents: readonly CountedAgent[] = [];
  quotas: NetworkQuotas = NO_QUOTAS;
  /** By subnet; none of those without any. */
  readonly #given = new Map<string, GivenAddresses>();

  get ports(): ReadonlyMap<string, CountedPort> {
    return this.#ports;
  }

  get agents(): readonly CountedAgent[] {
    return this.#agents;
  }

  replaceAgents(agents: readonly ApiObject[], nowMs: number): void {
    this.#agents = agents.flatMap((agent) => {
      const [type, host] = [textAt(agent, "agent_type"), textAt(agent, "host")];
      if (type === undefined || host === undefined) return [];
      const beat = timeAt(agent, "heartbeat_timestamp");
      return {
        ...{ type, host, zone: textAt(agent, "availability_zone") },
        isAlive: booleanAt(agent, "alive") === true,
        isEnabled: booleanAt(agent, "admin_state_up") === true,
        heartbeatAgeMs: beat === undefined ? undefined : Math.max(0, nowMs - beat),
      };
    });
  }

  putPort(id: string, port: CountedPort): void {
    this.dropPort(id);
    this.#ports.set(id, { ...port, projectId: this.#sameText(port.projectId) });
    this.#countAddresses(port, 1);
  }

  /** One text for all ports of a project: a hundred thousand ports would have as many. */
  #sameText(text: string | undefined): string | undefined {
    if (text === undefined) return undefined;
    const known = this.#projects.get(text);
    if (known !== undefined) return known;
    if (this.#projects.size >= MOST_PROJECTS) this.#projects.clear();
    this.#projects.set(text, text);
    return text;
  }

  dropPort(id: string): void {
    const known = this.#ports.get(id);
    if (known === undefined) return;
    this.#ports.delete(id);
    this.#countAddresses(known, -1);
  }

  /**
   * How many addresses of the subnet are given, and how many there are to give: of its pools, since addresses outside of them are
   * given to nobody who does not ask. Undefined without pools, and of IPv6.
   */
  givenOf({ id, pools }: CountedSubnet): SubnetUse | undefined {
    if (pools.pools.length === 0) return undefined;
    return { used: this.#given.get(id)?.usedOf(pools) ?? 0, total: pools.total };
  }

  /** The same of each of its pools. */
  rangesOf({ id, pools }: CountedSubnet): readonly RangeUse[] {
    const used = this.#given.get(id)?.usedByPool(pools);
    return pools.pools.map(({ range, total }, i) => ({ subnetId: id, range, used: used?.[i] ?? 0, total }));
  }

  #countAddresses({ addresses }: CountedPort, step: 1 | -1): void {
    for (let place = 0; place + 1 < addresses.length; place += 2) {
      const [subnet, address] = [addresses[place] ?? "", numberOfIpv4(addresses[place + 1] ?? "")];
      if (address === undefined) continue;
      const given = this.#given.get(subnet) ?? new GivenAddresses();
      given.count(address, step);
      if (given.isEmpty) this.#given.delete(subnet);
      else this.#given.set(subnet, given);
    }
  }
}

export function countedPort(port: ApiObject): CountedPort {
  return {
    status: textAt(port, "status") ?? "UNKNOWN",
    vifType: textAt(port, "binding:vif_type") ?? "",
    projectId: textAt(port, "project_id") ?? textAt(port, "tenant_id"),
    addresses: recordsAt(port, "fixed_ips").flatMap((ip) => [
      textAt(ip, "subnet_id") ?? "",
      textAt(ip, "ip_address") ?? "",
    ]),
  };
}

export function countedSubnet(subnet: ApiObject): CountedSubnet {
  return {
    id: idAt(subnet) ?? "",
    name: textAt(subnet, "name") ?? "",
    networkId: idAt(subnet, "network_id") ?? "",
    cidr: textAt(subnet, "cidr") ?? "",
    projectId: textAt(subnet, "project_id") ?? textAt(subnet, "tenant_id"),
    pools: countedPools(poolsOf(subnet)),
    regionByRange: regionsOfRanges(subnet),
    object: subnet,
  };
}

/** Of tags `range:<region>:<first>-<last>`. */
function regionsOfRanges({ tags }: ApiObject): ReadonlyMap<string, string> {
  const regions = new Map<string, string>();
  for (const tag of Array.isArray(tags) ? tags : []) {
    const match = /^range:([^:]+):([^:]+)$/.exec(String(tag));
    if (match?.[1] !== undefined && match[2] !== undefined) regions.set(match[2], match[1]);
  }
  return regions;
}

export function revisionOf(object: ApiObject): number | undefined {
  const revision = object.revision_number;
  return typeof revision === "number" ? revision : undefined;
}
