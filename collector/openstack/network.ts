import { recordingTurns } from "../../topology/recording-turns.ts";
import { isOfOneQuestion } from "./api/api-error.ts";
import type { ServiceApi } from "./api/service-api.ts";
import { recordsAt, textAt } from "./api/words.ts";
import type { ElementContext } from "./elements/element-context.ts";
import { type SubnetUse, subnetElements } from "./elements/network.ts";
import { neutronAgentElements } from "./elements/service.ts";
import { Doubt, takeList } from "./listing.ts";
import { NetworkChanges } from "./network-changes.ts";
import type { NetworkInventory } from "./network-inventory.ts";
import { type NetworkKind, networkKinds } from "./network-kinds.ts";
import { readNetworkQuotas } from "./network-quotas.ts";
import { AGENTS, type SignedIn, tellOwnOnly } from "./own-project.ts";
import type { Hints, Later } from "./pending-hints.ts";
import { type Round, type ServiceSync, unlessMissing } from "./round.ts";
import type { Teller } from "./teller.ts";
import type { WaitingIds } from "./waiting-ids.ts";

export interface NetworkDeps {
  readonly api: Pick<ServiceApi, "get">;
  readonly teller: Teller;
  readonly context: ElementContext;
  readonly inventory: NetworkInventory;
  readonly maxObjects: number;
  generation(): number;
  /** Machines that are gone since it was asked last. */
  takeGoneMachines(): readonly string[];
  /** Projects that have a name since, or another one: what is theirs is told again. */
  readonly lateProjects: WaitingIds;
  /** Who asks. */
  user(): Promise<SignedIn>;
}

const PAGE = 1_000;
/** Agents are asked for in each third round of changes. */
const AGENTS_EACH = 3;
const NO_PROJECT = "";

/** Neutron of one region. */
export class NetworkSync implements ServiceSync {
  readonly #deps: NetworkDeps;
  readonly #kinds: readonly NetworkKind[];
  readonly #changes: NetworkChanges;
  readonly #doubt = new Doubt();
  #extensions: ReadonlySet<string> = new Set();
  #uses: ReadonlyMap<string, SubnetUse | undefined> = new Map();
  /** Kinds whose whole list was read once: the others have nothing that could change. */
  readonly #read = new Set<NetworkKind>();
  #isWhole = false;
  #polls = 0;

  constructor(deps: NetworkDeps) {
    this.#deps = deps;
    this.#kinds = networkKinds(deps.context, deps.inventory);
    this.#changes = new NetworkChanges(deps);
  }

  generation(): number {
    return this.#deps.generation();
  }

  /** Whether the user may see all ports, and they were read. Who may not is not told where they are bound. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  async full(round: Round): Promise<void> {
    this.#extensions = await this.#readExtensions(round);
    this.#deps.takeGoneMachines();
    this.#deps.lateProjects.take();
    for (const kind of this.#kinds) {
      await unlessMissing(kind.path.slice(1), round, () => this.#list(kind, round));
    }
    await this.#tellUse();
    await unlessMissing("agents", round, () => this.#agents(round));
    if (this.#extensions.has("quotas") && this.#isWhole) {
      const ask = async () => {
        const { api, inventory } = this.#deps;
        const [port] = inventory.ports.values();
        inventory.quotas = await readNetworkQuotas(api, port?.projectId, round);
      };
      await unlessMissing("quotas of projects", round, ask, isOfOneQuestion);
    }
  }

  async poll(round: Round): Promise<void> {
    if (this.#read.size === 0) return this.full(round);
    let isPortChanged = false;
    for (const kind of this.#kinds) {
      if (!this.#read.has(kind)) continue;
      const changed = await this.#changes.ask(kind, this.#extensions, round);
      if (changed && COUNTED.has(kind.listed.kind)) isPortChanged = true;
    }
    // A port does not say the name of its project.
    const named = this.#kinds.filter((kind) => this.#read.has(kind) && kind.listed.kind !== "port");
    await this.#deps.lateProjects.each(async (project) => {
      for (const kind of named) await this.#changes.askOfProject(kind, project, round);
    });
    const ports = this.#kinds.find(({ listed }) => listed.kind === "port");
    if (ports !== undefined && (await this.#changes.askOfGone(ports, round))) isPortChanged = true;
    if (isPortChanged) await this.#tellUse();
    if (++this.#polls % AGENTS_EACH === 0) await unlessMissing("agents", round, () => this.#agents(round));
  }

  async look(hints: Hints, round: Round): Promise<readonly Later[]> {
    let arePortsLookedAt = false;
    for (const kind of this.#kinds) {
      const hinted = hints.get(kind.listed.kind);
      const devices = kind.listed.kind === "port" ? hints.get("ports-of") : undefined;
      if (!this.#read.has(kind)) continue;
      if (hinted !== undefined) await this.#changes.askHinted(kind, hinted, this.#extensions, round);
      if (devices !== undefined) await this.#changes.askPortsOf(kind, devices, this.#extensions, round);
      if (devices !== undefined || (hinted !== undefined && COUNTED.has(kind.listed.kind))) arePortsLookedAt = true;
    }
    if (arePortsLookedAt) await this.#tellUse();
    return [];
  }

  async #list(kind: NetworkKind, round: Round): Promise<void> {
    const { maxObjects } = this.#deps;
    let tellsBinding = true;
    const [known, seen] = [new Set(kind.revisions.keys()), new Set<string>()];
    const listing = {
      question: { path: kind.path, member: kind.member, pageSize: PAGE, maxObjects },
      listed: kind.listed,
      parse: kind.parse,
      onPage: (objects: Parameters<NonNullable<Parameters<typeof takeList>[0]["onPage"]>>[0]) => {
        for (const object of objects) {
          kind.taken(object);
          seen.add(String(object.id));
          if (kind.listed.kind === "port" && !("binding:vif_type" in object)) tellsBinding = false;
        }
      },
    };
    const { serverTimeMs, isDoubted } = await takeList(listing, this.#deps, this.#doubt, round);
    if (!isDoubted) for (const id of known) if (!seen.has(id)) kind.gone(id);
    this.#changes.readAt(kind, serverTimeMs);
    this.#read.add(kind);
    if (!tellsBinding) round.missing(NO_BINDING);
    if (kind.listed.kind === "port") this.#isWhole = tellsBinding;
  }

  /** Subnets whose use is another now are told again; it follows from the ports. */
  async #tellUse(): Promise<void> {
    const { inventory, teller, context } = this.#deps;
    const uses = new Map<string, SubnetUse | undefined>();
    const told = await recordingTurns.map([...inventory.subnets.values()], (subnet) => {
      const [was, is] = [this.#uses.get(subnet.id), inventory.givenOf(subnet)];
      uses.set(subnet.id, is);
      return was?.used === is?.used && was?.total === is?.total
        ? undefined
        : subnetElements(subnet.object, context, is);
    });
    await teller.put(told);
    this.#uses = uses;
  }

  async #agents(round: Round): Promise<void> {
    const { context, inventory, maxObjects } = this.#deps;
    const agents: Parameters<NetworkInventory["replaceAgents"]>[0][number][] = [];
    const listing = {
      question: { path: "/agents", member: "agents", pageSize: PAGE, maxObjects },
      listed: { kind: "neutron-agent", prefix: "neutron/agent/" } as const,
      parse: (agent: (typeof agents)[number]) => neutronAgentElements(agent, context),
      onPage: (page: readonly (typeof agents)[number][]) => {
        agents.push(...page);
      },
    };
    const { isDoubted } = await takeList(listing, this.#deps, this.#doubt, round);
    const owners = agents.map(() => NO_PROJECT);
    tellOwnOnly(AGENTS, owners, await this.#deps.user(), round);
    if (!isDoubted) inventory.replaceAgents(agents, round.clock.now());
  }

  async #readExtensions(round: Round): Promise<ReadonlySet<string>> {
    const { body } = await this.#deps.api.get("/extensions", [], round.signal);
    return new Set(recordsAt(body, "extensions").flatMap((extension) => textAt(extension, "alias") ?? []));
  }
}

/** How much of a subnet is used follows from these. */
const COUNTED: ReadonlySet<string> = new Set(["port", "subnet"]);

const NO_BINDING = {
  what: "bindings of ports",
  reason: "Neutron does not tell this user where ports are bound (binding:vif_type)",
  hint: "give him what get_port:binding:host_id and its like ask for; see docs/openstack.md",
};
