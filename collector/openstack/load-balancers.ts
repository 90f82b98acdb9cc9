import { pagesOf } from "./api/pages.ts";
import type { Query, ServiceApi } from "./api/service-api.ts";
import { type ApiObject, idAt } from "./api/words.ts";
import { type ElementContext, neutronId } from "./elements/element-context.ts";
import { loadBalancerElements } from "./elements/network.ts";
import { likelyGone, looksBetween } from "./gone.ts";
import { Doubt, type Listing, takeList } from "./listing.ts";
import { MOST_ONE_BY_ONE, readOneByOne } from "./one-by-one.ts";
import { LOAD_BALANCERS_OF_OTHERS, type SignedIn, tellOwnOnly } from "./own-project.ts";
import { type Round, type ServiceSync, unlessMissing } from "./round.ts";
import { singleLook } from "./single-look.ts";
import type { ListedKind, Teller } from "./teller.ts";

export interface LoadBalancerDeps {
  readonly api: Pick<ServiceApi, "get">;
  readonly teller: Teller;
  readonly context: ElementContext;
  readonly maxObjects: number;
  /** Who asks. */
  user(): Promise<SignedIn>;
}

const PATH = "/lbaas/loadbalancers";
const BALANCER = { path: PATH, member: "loadbalancer" };
const LISTED: ListedKind = { kind: "load-balancer", prefix: "neutron/load-balancer/" };
/** What says that one is another: the operating status changes without the time of the last change. */
const STAMP = ["updated_at", "provisioning_status", "operating_status"];
const STAMPS: Query = ["id", ...STAMP].map((field) => ["fields", field] as const);

/** Octavia. */
export class LoadBalancerSync implements ServiceSync {
  readonly looksEach = 3;
  readonly look: ServiceSync["look"];
  readonly #deps: LoadBalancerDeps;
  readonly #doubt = new Doubt();
  /** By id, of all that are known. */
  #stamps: Map<string, string> | undefined;
  #looksUntilIds = 1;

  constructor(deps: LoadBalancerDeps) {
    this.#deps = deps;
    const parse = (balancer: ApiObject) => loadBalancerElements(balancer, deps.context);
    this.look = singleLook({ kind: "load-balancer", ...BALANCER, parse }, deps);
  }

  async full(round: Round): Promise<void> {
    await unlessMissing("load balancers", round, () => this.#readAll(round));
  }

  async poll(round: Round): Promise<void> {
    const stamps = this.#stamps;
    if (stamps === undefined || --this.#looksUntilIds > 0) return;
    await this.#compare(stamps, round);
  }

  async #readAll(round: Round): Promise<void> {
    const [stamps, owners] = [new Map<string, string>(), new Set<string>()];
    const listing: Listing = {
      question: this.#question([]),
      listed: LISTED,
      parse: (balancer) => loadBalancerElements(balancer, this.#deps.context),
      onPage: (page) => {
        for (const balancer of page) {
          stamps.set(idAt(balancer) ?? "", stampOf(balancer));
          owners.add(idAt(balancer, "project_id") ?? "");
        }
      },
    };
    await takeList(listing, this.#deps, this.#doubt, round);
    tellOwnOnly(LOAD_BALANCERS_OF_OTHERS, owners, await this.#deps.user(), round);
    this.#stamps = stamps;
    this.#looksUntilIds = looksBetween(stamps.size);
  }

  async #compare(stamps: Map<string, string>, round: Round): Promise<void> {
    const { api, teller, context } = this.#deps;
    const known = teller.known(LISTED);
    const seen = new Set<ReturnType<typeof balancerId>>();
    const another: string[] = [];
    for await (const { objects } of pagesOf(api, this.#question(STAMPS), round.signal)) {
      for (const balancer of objects) {
        const id = idAt(balancer);
        if (id === undefined) continue;
        seen.add(balancerId(id));
        if (stamps.get(id) !== stampOf(balancer)) another.push(id);
      }
    }
    if (another.length > MOST_ONE_BY_ONE) return this.#readAll(round);
    const { found, gone } = await readOneByOne(api, BALANCER, another, round);
    await teller.put(found.flatMap((balancer) => loadBalancerElements(balancer, context) ?? []));
    for (const balancer of found) stamps.set(idAt(balancer) ?? "", stampOf(balancer));
    for (const id of [...gone, ...likelyGone(teller, LISTED, known, seen)]) {
      await teller.remove([balancerId(id)]);
      stamps.delete(id);
    }
    this.#looksUntilIds = looksBetween(seen.size);
  }

  #question(query: Query) {
    return { path: PATH, member: "loadbalancers", query, pageSize: 1_000, maxObjects: this.#deps.maxObjects };
  }
}

const balancerId = (id: string) => neutronId("load-balancer", id);

function stampOf(balancer: ApiObject): string {
  return STAMP.map((field) => String(balancer[field])).join(" ");
}
