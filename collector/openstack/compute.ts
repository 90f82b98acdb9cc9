import { recordingTurns } from "../../topology/recording-turns.ts";
import { isApiError } from "./api/api-error.ts";
import { changedSince } from "./api/changed-since.ts";
import { isAtLeast, type Microversion, microversionHeaders, negotiate, offeredBy } from "./api/microversion.ts";
import { objectPath, readObject } from "./api/one-object.ts";
import { pagesOf } from "./api/pages.ts";
import type { Query, ServiceApi } from "./api/service-api.ts";
import { type ApiObject, idAt, recordAt } from "./api/words.ts";
import { ComputeHosts } from "./compute-hosts.ts";
import type { ComputeInventory } from "./compute-inventory.ts";
import { ServerLook } from "./compute-look.ts";
import { type ElementContext, type Values, vmId } from "./elements/element-context.ts";
import { type Flavor, isDeleted, isOfDeadCell, parseFlavor, serverElements } from "./elements/server.ts";
import { Doubt, type Listing, takeList } from "./listing.ts";
import type { Hints, Later } from "./pending-hints.ts";
import { limitsOf, QuotaTurns } from "./quota-turns.ts";
import { type Round, type ServiceSync, unlessMissing } from "./round.ts";
import { shown } from "./single-look.ts";
import type { Teller } from "./teller.ts";
import type { WaitingIds } from "./waiting-ids.ts";

/**
 * The newest that has what we read: hypervisors tell their processors and memory up to 2.87. Flavours are embedded from 2.47 on, ids
 * of hypervisors and services are UUIDs from 2.53 on, dead cells are told from 2.69 on.
 * Source: nova/api/openstack/rest_api_version_history.rst.
 */
const NEWEST_KNOWN: Microversion = { major: 2, minor: 87 };
/** Pages of servers are of two megabytes, so that none is parsed for long. */
const SERVERS_A_PAGE = 500;
const PAGE = 1_000;
/** Services are asked for in each third round of changes. */
const SERVICES_EACH = 3;

export interface ComputeDeps {
  readonly api: Pick<ServiceApi, "get">;
  readonly teller: Teller;
  readonly context: ElementContext;
  readonly inventory: ComputeInventory;
  placedOf(hypervisor: ApiObject): Values;
  readonly maxObjects: number;
  generation(): number;
  /** Machines that are gone: their ports are, too, or will be. */
  onGone(uuids: readonly string[]): void;
  /** Projects that have a name since, or another one: their machines are told again. */
  readonly lateProjects: WaitingIds;
  /** The same of images. */
  readonly lateImages: WaitingIds;
  /** Looks between two whole readings. */
  readonly looksBetween: number;
}

interface Taken {
  /** Ids. */
  readonly there: ReadonlySet<string>;
  readonly gone: ReadonlySet<string>;
  /** When the first page was answered, by Nova's clock. */
  readonly serverTimeMs: number | undefined;
}

/** Nova of one region. */
export class ComputeSync implements ServiceSync {
  readonly #deps: ComputeDeps;
  readonly #hosts: ComputeHosts;
  readonly #quotas: QuotaTurns;
  readonly #doubt = new Doubt();
  readonly #look = new ServerLook();
  #version: Microversion | undefined;
  #flavors = new Map<string, Flavor>();
  /** By Nova's clock: what changed before was seen. */
  #sinceMs: number | undefined;
  #mayAskAll = true;
  #polls = 0;

  constructor(deps: ComputeDeps) {
    this.#deps = deps;
    this.#hosts = new ComputeHosts(deps, this.#doubt);
    this.#quotas = new QuotaTurns({ looksBetween: deps.looksBetween, ask: (...of) => this.#askQuota(...of) });
  }

  generation(): number {
    return this.#deps.generation();
  }

  /** Whether the user may see all machines, and they were read. */
  get isWhole(): boolean {
    return this.#sinceMs !== undefined && this.#mayAskAll;
  }

  async full(round: Round): Promise<void> {
    this.#deps.lateProjects.take();
    this.#deps.lateImages.take();
    this.#version = negotiate(await offeredBy(this.#deps.api, round.signal), NEWEST_KNOWN);
    if (!isAtLeast(this.#version, 2, 47)) await unlessMissing("flavors", round, () => this.#readFlavors(round));
    this.#look.reset();
    await this.#allServers(round);
    await this.#hosts.full(this.#version, round);
    const projects = [...this.#deps.inventory.servers.values()].flatMap(({ project }) => project ?? []);
    if (this.#mayAskAll) await this.#quotas.begin(new Set(projects), round);
  }

  async poll(round: Round): Promise<void> {
    const since = this.#sinceMs;
    if (since === undefined) return this.full(round);
    await this.#changedServers(since, round);
    await this.#deps.lateProjects.each(async (project) => {
      await this.#takeServers([["project_id", project]], round);
    });
    await this.#deps.lateImages.each(async (image) => {
      await this.#takeServers([["image", image]], round);
    });
    await this.#quotas.look(round);
    if (++this.#polls % SERVICES_EACH === 0) await this.#hosts.look(this.#version, round);
  }

  async look(hints: Hints, round: Round): Promise<readonly Later[]> {
    const since = this.#sinceMs;
    if (since === undefined) return [];
    const servers = hints.get("server");
    const later = await this.#look.at(servers ?? { ids: new Set(), all: false }, {
      byId: (id) => this.#server(id, round),
      changed: () => this.#changedServers(since, round),
    });
    await this.#hosts.lookAt(hints, this.#version, round);
    return later.map((id) => ({ kind: "server", id }));
  }

  async #allServers(round: Round): Promise<void> {
    const { inventory } = this.#deps;
    const fresh = inventory.beginServers();
    let tellsHosts = true;
    const listing = (query: Query): Listing => ({
      question: this.#question("/servers/detail", "servers", query, SERVERS_A_PAGE),
      listed: { kind: "vm", prefix: "vm/" },
      parse: (server) => (isDeleted(server) ? undefined : this.#elementsOf(server)),
      silentId: (server) => (isOfDeadCell(server) ? vmIdOf(server) : undefined),
      onPage: (servers) => {
        for (const server of servers) {
          if (isOfDeadCell(server)) fresh.keep(idAt(server));
          else if (!isDeleted(server)) fresh.put(server, this.#flavorOf);
        }
        const [first] = servers;
        if (first !== undefined && !isOfDeadCell(first)) tellsHosts = "OS-EXT-SRV-ATTR:host" in first;
      },
    });
    const { serverTimeMs, isDoubted } = await this.#askAll((all) =>
      takeList(listing(all), this.#deps, this.#doubt, round),
    );
    if (isDoubted) fresh.keepOthers();
    fresh.done();
    this.#sinceMs = serverTimeMs;
    if (!this.#mayAskAll) round.missing(OWN_PROJECT_ONLY);
    if (!tellsHosts) round.missing(NO_HOSTS);
  }

  async #changedServers(sinceMs: number, round: Round): Promise<Taken> {
    const taken = await this.#takeServers([["changes-since", changedSince(sinceMs)]], round);
    this.#sinceMs = taken.serverTimeMs ?? this.#sinceMs;
    return taken;
  }

  /** Those of a list that is not all of them. */
  async #takeServers(which: Query, round: Round): Promise<Taken> {
    const query: Query = [...which, ...(this.#mayAskAll ? ALL : [])];
    const [there, gone] = [new Set<string>(), new Set<string>()];
    let serverTimeMs: number | undefined;
    const question = this.#question("/servers/detail", "servers", query, SERVERS_A_PAGE);
    for await (const page of pagesOf(this.#deps.api, question, round.signal)) {
      serverTimeMs ??= page.serverTimeMs;
      await this.#take(page.objects, round);
      for (const server of page.objects) (isDeleted(server) ? gone : there).add(idAt(server) ?? "");
      await round.between();
    }
    return { there, gone, serverTimeMs };
  }

  async #askQuota(project: string, round: Round): Promise<void> {
    const { api, inventory } = this.#deps;
    const { body } = await api.get(objectPath("/os-quota-sets", project), [], round.signal, this.#headers());
    inventory.quotas.set(project, limitsOf(recordAt(body, "quota_set"), QUOTAS));
  }

  /** Whether Nova shows it. */
  async #server(id: string, round: Round): Promise<boolean> {
    const server = await shown(() => readObject(this.#deps.api, SERVER, id, round.signal, this.#headers()));
    if (server === undefined) return false;
    await this.#take([server], round);
    return true;
  }

  async #take(servers: readonly ApiObject[], round: Round): Promise<void> {
    const { teller, inventory, onGone } = this.#deps;
    const gone = servers.filter(isDeleted).flatMap((server) => idAt(server) ?? []);
    const there = servers.filter((server) => !isDeleted(server) && !isOfDeadCell(server));
    await teller.put(await recordingTurns.map(there, (server) => this.#elementsOf(server)));
    const removed = gone.filter((id) => inventory.has(id));
    await teller.remove(gone.map(vmId));
    inventory.change(there, gone, this.#flavorOf);
    if (removed.length > 0) onGone(removed);
    round.count(servers.length);
  }

  async #readFlavors(round: Round): Promise<void> {
    const flavors = new Map<string, Flavor>();
    const question = this.#question("/flavors/detail", "flavors", [["is_public", "None"]], PAGE);
    for await (const { objects } of pagesOf(this.#deps.api, question, round.signal)) {
      for (const flavor of objects) flavors.set(idAt(flavor) ?? "", parseFlavor(flavor));
    }
    this.#flavors = flavors;
  }

  /** Who may not see all projects sees his own. */
  async #askAll<R>(ask: (all: Query) => Promise<R>): Promise<R> {
    try {
      const answer = await ask(ALL);
      this.#mayAskAll = true;
      return answer;
    } catch (error) {
      if (!isApiError(error, "forbidden")) throw error;
      const answer = await ask([]);
      this.#mayAskAll = false;
      return answer;
    }
  }

  #elementsOf(server: ApiObject) {
    return serverElements(server, this.#deps.context, this.#flavorOf);
  }

  readonly #flavorOf = (id: string): Flavor | undefined => this.#flavors.get(id);

  #question(path: string, member: string, query: Query, pageSize: number) {
    return { path, member, query, pageSize, maxObjects: this.#deps.maxObjects, headers: this.#headers() };
  }

  #headers(): Record<string, string> {
    return microversionHeaders("compute", this.#version);
  }
}

const SERVER = { path: "/servers", member: "server" };

const QUOTAS = [
  ["instances", "instances", 1],
  ["cores", "vcpus", 1],
  ["ram", "memory", 2 ** 20],
] as const;

const ALL: Query = [["all_tenants", 1]];

const OWN_PROJECT_ONLY = {
  what: "servers of other projects",
  reason: "the user sees only those of his own project",
  hint: "give him what os_compute_api:servers:detail:get_all_tenants asks for; see docs/openstack.md",
};
const NO_HOSTS = {
  what: "hosts of servers",
  reason: "Nova does not tell this user where a server is",
  hint: "give him what os_compute_api:os-extended-server-attributes asks for; see docs/openstack.md",
};

function vmIdOf(server: ApiObject) {
  const id = idAt(server);
  return id === undefined ? undefined : vmId(id);
}
