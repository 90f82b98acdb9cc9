import { isApiError } from "./api/api-error.ts";
import { isAtLeast, type Microversion, microversionHeaders, negotiate, offeredBy } from "./api/microversion.ts";
import { objectPath } from "./api/one-object.ts";
import { tooMany } from "./api/pages.ts";
import type { Query, ServiceApi } from "./api/service-api.ts";
import { type ApiObject, idAt, recordsAt, textAt, textsAt } from "./api/words.ts";
import type { ComputeInventory } from "./compute-inventory.ts";
import type { ElementContext, Values } from "./elements/element-context.ts";
import { hypervisorElements, hypervisorId, placedBefore, placedValues } from "./elements/hypervisor.ts";
import {
  listedProvider,
  type PlacementInventory,
  SHARED_CLASS,
  type SharingProvider,
  toldProvider,
} from "./placement-inventory.ts";
import { type Missing, type Round, type ServiceSync, unlessMissing } from "./round.ts";
import type { Teller } from "./teller.ts";

export interface PlacementDeps {
  readonly api: Pick<ServiceApi, "get">;
  readonly teller: Teller;
  readonly context: ElementContext;
  readonly inventory: PlacementInventory;
  /** Whose hypervisors are told again when their allocation ratios are others. */
  readonly compute: Pick<ComputeInventory, "hypervisors">;
  readonly maxObjects: number;
  /** Looks at changes between two lists of all: what is to be read is spread over them. */
  readonly looksBetween: number;
}

/** Source: placement/rest_api_version_history.rst. */
const NEWEST_KNOWN: Microversion = { major: 1, minor: 39 };
/** What was never read is wanted soon, but nobody else is to wait for it: two requests for each provider. */
const FIRST_PORTION_MS = 60_000;
const LEAST_PORTION = 5;
/** A deletion of allocations (`DELETE /allocations/{consumer}`) raises no generation: each provider is read anew in every sixth list. */
const ANEW_EACH = 6;
const SHARES = "MISC_SHARES_VIA_AGGREGATE";

/**
 * Placement of one region: what its providers have and what of it is allocated. It has no list of inventories, so that each provider
 * costs two questions; the list of all says by their generations which ones changed, and those are asked for a few at a time.
 */
export class PlacementSync implements ServiceSync {
  readonly #deps: PlacementDeps;
  #version: Microversion | undefined;
  #lists = 0;
  /** Ids of providers that are to be read. */
  #waiting: string[] = [];
  /** How many of them at each look, once all were read. */
  #portion = LEAST_PORTION;
  #isPassOver = false;
  /** They are asked after all others. */
  readonly #failed = new Set<string>();
  /** By hypervisor, as it was told last. */
  readonly #placed = new Map<string, string>();

  constructor(deps: PlacementDeps) {
    this.#deps = deps;
  }

  async full(round: Round): Promise<void> {
    await this.#unlessRefused(round, async () => {
      await this.#list(round);
      await this.#readSome(round);
    });
  }

  async poll(round: Round): Promise<void> {
    if (this.#deps.inventory.isRefused || this.#isPassOver) return;
    await this.#unlessRefused(round, () => this.#readSome(round));
  }

  /** The catalogue has none. */
  absent(): readonly Missing[] {
    this.#deps.inventory.isRefused = true;
    return [NO_PLACEMENT];
  }

  async #unlessRefused(round: Round, ask: () => Promise<void>): Promise<void> {
    let isAnswered = false;
    await unlessMissing(NO_PLACEMENT.what, round, async () => {
      await ask();
      isAnswered = true;
    });
    this.#deps.inventory.isRefused = !isAnswered;
  }

  async #list(round: Round): Promise<void> {
    const { api, inventory, maxObjects } = this.#deps;
    this.#version = negotiate(await offeredBy(api, round.signal), NEWEST_KNOWN);
    const providers = (await this.#providers([], round)).flatMap((provider) => listedProvider(provider) ?? []);
    if (providers.length > maxObjects) throw tooMany(PROVIDERS, maxObjects);
    inventory.list(providers);
    for (const id of this.#failed) if (!inventory.listed.has(id)) this.#failed.delete(id);
    round.count(providers.length);
    const turn = this.#lists++ % ANEW_EACH;
    const waiting = providers.flatMap(({ id, generation }) => {
      const told = inventory.told.get(id);
      return told?.generation !== generation || turnOf(id) === turn ? [id] : [];
    });
    const failed = (id: string) => this.#failed.has(id);
    this.#waiting = [...waiting.filter((id) => !failed(id)), ...waiting.filter(failed)];
    this.#portion = Math.max(LEAST_PORTION, Math.ceil(this.#waiting.length / Math.max(1, this.#deps.looksBetween - 1)));
    this.#isPassOver = false;
  }

  /** Some of those that wait; what fails waits on. */
  async #readSome(round: Round): Promise<void> {
    const { inventory } = this.#deps;
    const endMs = round.clock.monotonicMs() + FIRST_PORTION_MS;
    let left = inventory.isWhole ? this.#portion : Number.POSITIVE_INFINITY;
    try {
      for (let id = this.#waiting[0]; id !== undefined && left > 0; id = this.#waiting[0]) {
        await this.#read(id, round);
        this.#waiting.shift();
        left--;
        if (round.clock.monotonicMs() >= endMs) break;
      }
      if (this.#waiting.length > 0) return;
      inventory.share(await this.#sharing(round));
      this.#isPassOver = true;
    } finally {
      await this.#tellPlaced();
    }
  }

  async #read(id: string, round: Round): Promise<void> {
    const { inventory } = this.#deps;
    // One that fails each time must not hold up those behind it.
    this.#failed.add(id);
    const inventories = await this.#ofProvider(id, "inventories", round);
    const usages = inventories && (await this.#ofProvider(id, "usages", round));
    if (inventories === undefined || usages === undefined) inventory.drop(id);
    else inventory.tell(id, toldProvider(inventories, usages));
    this.#failed.delete(id);
  }

  /** Providers of storage that give it to others, with the trees that are in an aggregate with them. */
  async #sharing(round: Round): Promise<readonly SharingProvider[]> {
    const sharing: SharingProvider[] = [];
    for (const id of await this.#idsOfSharing(round)) {
      if (!this.#deps.inventory.told.get(id)?.classes.has(SHARED_CLASS)) continue;
      const aggregates = textsAt((await this.#ofProvider(id, "aggregates", round)) ?? {}, "aggregates");
      if (aggregates.length === 0) continue;
      const members = await this.#providers([["member_of", `in:${aggregates.join(",")}`]], round);
      sharing.push({ id, members: new Set(members.flatMap((member) => listedProvider(member)?.root ?? [])) });
    }
    return sharing;
  }

  async #idsOfSharing(round: Round): Promise<readonly string[]> {
    if (isAtLeast(this.#version, 1, 18)) {
      const providers = await this.#providers([["required", SHARES]], round);
      return providers.flatMap((provider) => idAt(provider, "uuid") ?? []);
    }
    if (!isAtLeast(this.#version, 1, 6)) return [];
    const ids: string[] = [];
    for (const [id, { classes }] of this.#deps.inventory.told) {
      // Whoever has memory is a host.
      if (classes.has("MEMORY_MB") || !classes.has(SHARED_CLASS)) continue;
      const traits = textsAt((await this.#ofProvider(id, "traits", round)) ?? {}, "traits");
      if (traits.includes(SHARES)) ids.push(id);
    }
    return ids;
  }

  /** What Placement says of a hypervisor: as it said before while it is not known yet. */
  placedOf(hypervisor: ApiObject): Values {
    const { inventory, context, teller } = this.#deps;
    const [id, name] = [idAt(hypervisor) ?? "", textAt(hypervisor, "hypervisor_hostname") ?? ""];
    const amounts = inventory.of({ id, name });
    if (amounts !== undefined) return placedValues(amounts);
    return inventory.isRefused ? {} : placedBefore(teller.attributesOf(hypervisorId(context, id)));
  }

  /** Hypervisors whose sizes or ratios are others now are told again. */
  async #tellPlaced(): Promise<void> {
    const { compute, context, teller } = this.#deps;
    const changed = compute.hypervisors.flatMap(({ id, object }) => {
      const placed = this.placedOf(object);
      const text = JSON.stringify(placed);
      if (this.#placed.get(id) === text) return [];
      this.#placed.set(id, text);
      return hypervisorElements(object, context, placed) ?? [];
    });
    await teller.put(changed);
  }

  async #providers(query: Query, round: Round): Promise<readonly ApiObject[]> {
    return recordsAt(await this.#get(PROVIDERS, query, round), "resource_providers");
  }

  /** Undefined: the provider is gone meanwhile. That is no refusal: what is known of the others stays. */
  async #ofProvider(id: string, what: string, round: Round): Promise<ApiObject | undefined> {
    try {
      return await this.#get(`${objectPath(PROVIDERS, id)}/${what}`, [], round);
    } catch (error) {
      if (!isApiError(error, "not_found")) throw error;
      return undefined;
    }
  }

  async #get(path: string, query: Query, round: Round): Promise<ApiObject> {
    const headers = microversionHeaders("placement", this.#version);
    return (await this.#deps.api.get(path, query, round.signal, headers)).body;
  }
}

const PROVIDERS = "/resource_providers";

const NO_PLACEMENT: Missing = {
  what: "allocation ratios",
  reason: "the catalogue has no Placement by this interface",
  hint: "totals of hosts are what Nova says that machines have; is there an endpoint of placement for the interface?",
};

function turnOf(id: string): number {
  return (Number.parseInt(id.slice(0, 6), 16) || 0) % ANEW_EACH;
}
