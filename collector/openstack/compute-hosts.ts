import { isAtLeast, type Microversion, microversionHeaders } from "./api/microversion.ts";
import type { ServiceApi } from "./api/service-api.ts";
import { type ApiObject, idAt } from "./api/words.ts";
import type { ComputeInventory } from "./compute-inventory.ts";
import type { ElementContext, Values } from "./elements/element-context.ts";
import { hypervisorElements } from "./elements/hypervisor.ts";
import { aggregateElements, serviceElements, zoneElements } from "./elements/service.ts";
import { type Doubt, type Listing, takeList, takeWhole } from "./listing.ts";
import type { Hints } from "./pending-hints.ts";
import { type Round, unlessMissing } from "./round.ts";
import type { Teller } from "./teller.ts";

export interface ComputeHostsDeps {
  readonly api: Pick<ServiceApi, "get">;
  readonly teller: Teller;
  readonly context: ElementContext;
  readonly inventory: ComputeInventory;
  /** What Placement says of a hypervisor now. */
  placedOf(hypervisor: ApiObject): Values;
  readonly maxObjects: number;
}

/** Where Nova's machines run: services, hypervisors, zones, aggregates. What the user may not see is left out and named. */
export class ComputeHosts {
  readonly #deps: ComputeHostsDeps;
  readonly #doubt: Doubt;
  /** Of `nova-compute` everywhere, as its services were when hypervisors were read last. */
  #computes = "";

  constructor(deps: ComputeHostsDeps, doubt: Doubt) {
    this.#deps = deps;
    this.#doubt = doubt;
  }

  async full(version: Microversion | undefined, round: Round): Promise<void> {
    await this.#services(version, round);
    await this.#hypervisorsNow(version, round);
    await this.#zonesAndAggregates(version, round);
  }

  /** Reads again what hints name, whole: each is one list. */
  async lookAt(hints: Hints, version: Microversion | undefined, round: Round): Promise<void> {
    if (hints.has("compute-service")) await this.look(version, round);
    if (hints.has("hypervisor")) await this.#hypervisorsNow(version, round);
    if (hints.has("aggregate")) await this.#zonesAndAggregates(version, round);
  }

  async #zonesAndAggregates(version: Microversion | undefined, round: Round): Promise<void> {
    const { context } = this.#deps;
    const headers = microversionHeaders("compute", version);
    const zones = {
      ...{ path: "/os-availability-zone/detail", member: "availabilityZoneInfo", headers },
      listed: { kind: "availability-zone", prefix: "openstack/zone/" },
      parse: (zone: ApiObject) => zoneElements(zone, context),
    } as const;
    await unlessMissing("availability zones", round, () => this.#whole(zones, round));
    const aggregates = {
      ...{ path: "/os-aggregates", member: "aggregates", headers },
      listed: { kind: "aggregate", prefix: "openstack/aggregate/" },
      parse: (aggregate: ApiObject) => aggregateElements(aggregate, context),
    } as const;
    await unlessMissing("aggregates", round, () => this.#whole(aggregates, round));
  }

  /** Services; and hypervisors as well when a `nova-compute` is new, gone, up, down, enabled or disabled. */
  async look(version: Microversion | undefined, round: Round): Promise<void> {
    await this.#services(version, round);
    if (this.#computesNow() !== this.#computes) await this.#hypervisorsNow(version, round);
  }

  async #hypervisorsNow(version: Microversion | undefined, round: Round): Promise<void> {
    const computes = this.#computesNow();
    await unlessMissing("hypervisors", round, () => this.#hypervisors(version, round));
    this.#computes = computes;
  }

  #computesNow(): string {
    const computes = this.#deps.inventory.services.filter(({ binary }) => binary === "nova-compute");
    return computes.map(({ host, isUp, isEnabled }) => `${host} ${isUp} ${isEnabled}`).join("\n");
  }

  async #services(version: Microversion | undefined, round: Round): Promise<void> {
    const { context, inventory } = this.#deps;
    const listing = {
      ...{ path: "/os-services", member: "services", headers: microversionHeaders("compute", version) },
      listed: { kind: "service", prefix: `openstack/service/${encodeURIComponent(context.region)}/nova-` },
      parse: (service: ApiObject) => serviceElements(service, context),
    } as const;
    await unlessMissing("compute services", round, async () => {
      const services = await takeWhole(listing, this.#deps, this.#doubt, round);
      if (services !== undefined) inventory.replaceServices(services, round.clock.now());
    });
  }

  async #whole(listing: Parameters<typeof takeWhole>[0], round: Round): Promise<void> {
    await takeWhole(listing, this.#deps, this.#doubt, round);
  }

  async #hypervisors(version: Microversion | undefined, round: Round): Promise<void> {
    const { api, context, inventory, maxObjects, placedOf } = this.#deps;
    const seen = new Set<string>();
    const headers = microversionHeaders("compute", version);
    const listing: Listing = {
      question: { path: "/os-hypervisors/detail", member: "hypervisors", headers, pageSize: PAGE, maxObjects },
      listed: { kind: "hypervisor", prefix: "openstack/hypervisor/" },
      parse: (hypervisor) => {
        // Before it is recorded: whoever tells it again meanwhile tells this one.
        inventory.putHypervisor(hypervisor);
        seen.add(idAt(hypervisor) ?? "");
        return hypervisorElements(hypervisor, context, placedOf(hypervisor));
      },
    };
    const asked = { ...this.#deps, api: isAtLeast(version, 2, 33) ? api : withoutPages(api) };
    const { isDoubted } = await takeList(listing, asked, this.#doubt, round);
    if (!isDoubted) inventory.keepHypervisors(seen);
  }
}

const PAGE = 1_000;

/** Before 2.33 hypervisors come without pages, and Nova refuses words it does not know. */
function withoutPages(api: Pick<ServiceApi, "get">): Pick<ServiceApi, "get"> {
  return {
    get: (path, query, signal, headers) =>
      api.get(
        path,
        query.filter(([name]) => name !== "limit" && name !== "marker"),
        signal,
        headers,
      ),
  };
}
