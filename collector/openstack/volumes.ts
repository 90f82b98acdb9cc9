import { isApiError } from "./api/api-error.ts";
import { changedSince } from "./api/changed-since.ts";
import { isAtLeast, type Microversion, microversionHeaders, offeredBy } from "./api/microversion.ts";
import { objectPath } from "./api/one-object.ts";
import { pagesOf } from "./api/pages.ts";
import type { Query, ServiceApi } from "./api/service-api.ts";
import { type ApiObject, idAt, numberAt, recordAt, recordsAt, textAt } from "./api/words.ts";
import { type CountedService, countedServices } from "./compute-inventory.ts";
import { type ElementContext, openstackId } from "./elements/element-context.ts";
import { serviceElements, volumeElements } from "./elements/service.ts";
import { likelyGone, looksBetween } from "./gone.ts";
import { Doubt, type Listing, takeList, takeWhole } from "./listing.ts";
import { MOST_ONE_BY_ONE, readOneByOne } from "./one-by-one.ts";
import { type SignedIn, tellOwnOnly, VOLUMES_OF_OTHERS } from "./own-project.ts";
import { limitsOf, QuotaTurns } from "./quota-turns.ts";
import { type Round, type ServiceSync, unlessMissing } from "./round.ts";
import { singleLook } from "./single-look.ts";
import type { ListedKind, Teller } from "./teller.ts";

/** What a pool of Cinder has, in bytes; infinite and unknown ones say nothing. */
export interface VolumePool {
  readonly name: string;
  readonly used: number;
  readonly total: number;
}

export interface VolumeInventory {
  pools: readonly VolumePool[];
  services: readonly CountedService[];
  /** Bytes of each project as Cinder counts them for its quota, snapshots too; without a total where there is no limit. */
  readonly projects: Map<string, { readonly used: number; readonly total: number | undefined }>;
}

export interface VolumeDeps {
  readonly api: Pick<ServiceApi, "get">;
  readonly teller: Teller;
  readonly context: ElementContext;
  readonly inventory: VolumeInventory;
  readonly maxObjects: number;
  /** Looks between two whole readings. */
  readonly looksBetween: number;
  /** Who asks. */
  user(): Promise<SignedIn>;
}

const PAGE = 1_000;
const VOLUME = { path: "/volumes", member: "volume" };
const LISTED: ListedKind = { kind: "volume", prefix: "openstack/volume/" };
/** Who may not see other projects is told of his own, whatever he asks for. */
const ALL: Query = [["all_tenants", 1]];
/** From here on volumes can be asked for by the time of their last change. Source: cinder/api/openstack/rest_api_version_history.rst. */
const TELLS_CHANGES = { major: 3, minor: 60 } as const;
/** Catalogues have Cinder with the project at the end, or without: its versions are told above that, or there. */
const VERSIONS = ["/../", "/"];

/** Cinder: volumes, its services, the space of its pools. */
export class VolumeSync implements ServiceSync {
  readonly looksEach = 3;
  readonly look: ServiceSync["look"];
  readonly #deps: VolumeDeps;
  readonly #doubt = new Doubt();
  /** By Cinder's clock: what changed before was seen. */
  #sinceMs: number | undefined;
  #tellsChanges = false;
  #looksUntilIds = 1;
  #projects: ReadonlySet<string> = new Set();
  readonly #quotas: QuotaTurns;

  constructor(deps: VolumeDeps) {
    this.#deps = deps;
    const parse = (volume: ApiObject) => volumeElements(volume, deps.context);
    this.look = singleLook({ kind: "volume", ...VOLUME, parse }, deps);
    const looksBetween = Math.max(1, Math.floor(deps.looksBetween / this.looksEach));
    this.#quotas = new QuotaTurns({ looksBetween, ask: (...of) => this.#askQuota(...of) });
  }

  async full(round: Round): Promise<void> {
    await this.#readAll(round);
    this.#tellsChanges = await this.#hasVersion(TELLS_CHANGES, round);
    await this.#services(round);
    await unlessMissing("volume pools", round, async () => {
      const { api, inventory } = this.#deps;
      const { body } = await api.get("/scheduler-stats/get_pools", [["detail", "true"]], round.signal);
      inventory.pools = recordsAt(body, "pools").flatMap(poolOf);
    });
    await this.#quotas.begin(this.#projects, round);
  }

  async poll(round: Round): Promise<void> {
    const since = this.#sinceMs;
    if (since === undefined) return this.full(round);
    if (this.#tellsChanges) await this.#readChanged(since, round);
    if (--this.#looksUntilIds <= 0) await this.#compareIds(round);
    await this.#services(round);
    await this.#quotas.look(round);
  }

  async #readAll(round: Round): Promise<void> {
    const projects = new Set<string>();
    const listing: Listing = {
      question: this.#question("/volumes/detail", []),
      listed: LISTED,
      parse: (volume) => volumeElements(volume, this.#deps.context),
      onPage: (volumes) => {
        for (const volume of volumes) projects.add(idAt(volume, "os-vol-tenant-attr:tenant_id") ?? "");
      },
    };
    const { serverTimeMs, seen, isDoubted } = await takeList(listing, this.#deps, this.#doubt, round);
    tellOwnOnly(VOLUMES_OF_OTHERS, projects, await this.#deps.user(), round);
    this.#sinceMs = serverTimeMs;
    this.#looksUntilIds = looksBetween(seen.size);
    projects.delete("");
    if (isDoubted) for (const project of this.#projects) projects.add(project);
    this.#projects = projects;
    const { projects: known } = this.#deps.inventory;
    for (const project of known.keys()) if (!projects.has(project)) known.delete(project);
  }

  async #askQuota(project: string, round: Round): Promise<void> {
    const { api, inventory } = this.#deps;
    const { body } = await api.get(objectPath("/os-quota-sets", project), [["usage", "True"]], round.signal);
    const gigabytes = recordAt(recordAt(body, "quota_set"), "gigabytes");
    const [used, reserved] = [numberAt(gigabytes, "in_use"), numberAt(gigabytes, "reserved")];
    if (used === undefined) return;
    const total = limitsOf(gigabytes, [["limit", "volumes", GIB]]).get("volumes");
    inventory.projects.set(project, { used: (used + (reserved ?? 0)) * GIB, total });
  }

  async #readChanged(sinceMs: number, round: Round): Promise<void> {
    // Cinder takes no zone.
    const since = changedSince(sinceMs).replace("Z", "");
    const question = {
      ...this.#question("/volumes/detail", [["updated_at", `gte:${since}`]]),
      headers: microversionHeaders("volume", TELLS_CHANGES),
    };
    let serverTimeMs: number | undefined;
    for await (const page of pagesOf(this.#deps.api, question, round.signal)) {
      serverTimeMs ??= page.serverTimeMs;
      await this.#put(page.objects);
      round.count(page.objects.length);
    }
    this.#sinceMs = serverTimeMs ?? sinceMs;
  }

  async #hasVersion({ major, minor }: Microversion, { signal }: Round): Promise<boolean> {
    for (const path of VERSIONS) {
      try {
        const { max } = await offeredBy(this.#deps.api, signal, path);
        return isAtLeast(max, major, minor);
      } catch (error) {
        if (!isApiError(error, "refused", "not_found")) throw error;
      }
    }
    return false;
  }

  /** What is new, which has no time of a change, and what is gone, which nothing else tells. */
  async #compareIds(round: Round): Promise<void> {
    const { api, teller } = this.#deps;
    const known = teller.known(LISTED);
    const seen = new Set<ReturnType<typeof volumeId>>();
    const fresh: string[] = [];
    for await (const { objects } of pagesOf(api, this.#question("/volumes", []), round.signal)) {
      for (const volume of objects) {
        const id = idAt(volume);
        if (id === undefined) continue;
        seen.add(volumeId(id));
        if (!known.has(volumeId(id))) fresh.push(id);
      }
    }
    if (fresh.length > MOST_ONE_BY_ONE) return this.#readAll(round);
    await this.#put((await readOneByOne(api, VOLUME, fresh, round)).found);
    await teller.remove(likelyGone(teller, LISTED, known, seen).map(volumeId));
    this.#looksUntilIds = looksBetween(seen.size);
  }

  async #put(volumes: readonly ApiObject[]): Promise<void> {
    const { teller, context } = this.#deps;
    await teller.put(volumes.flatMap((volume) => volumeElements(volume, context) ?? []));
  }

  async #services(round: Round): Promise<void> {
    const { context, inventory } = this.#deps;
    const listing = {
      ...{ path: "/os-services", member: "services" },
      listed: { kind: "service", prefix: `openstack/service/${encodeURIComponent(context.region)}/cinder-` },
      parse: (service: ApiObject) => serviceElements(service, context),
    } as const;
    await unlessMissing("volume services", round, async () => {
      const services = await takeWhole(listing, this.#deps, this.#doubt, round);
      if (services !== undefined) inventory.services = countedServices(services, round.clock.now());
    });
  }

  #question(path: string, query: Query) {
    const { maxObjects } = this.#deps;
    return { path, member: "volumes", query: [...ALL, ...query], pageSize: PAGE, maxObjects };
  }
}

const volumeId = (id: string) => openstackId("volume", id);

const GIB = 2 ** 30;

function poolOf(pool: ApiObject): readonly VolumePool[] {
  const capabilities = recordAt(pool, "capabilities");
  const [total, free] = [numberAt(capabilities, "total_capacity_gb"), numberAt(capabilities, "free_capacity_gb")];
  const name = textAt(pool, "name");
  if (total === undefined || free === undefined || name === undefined || total <= 0) return [];
  return [{ name, used: (total - free) * GIB, total: total * GIB }];
}
