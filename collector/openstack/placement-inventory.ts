import { type ApiObject, idAt, numberAt, recordAt } from "./api/words.ts";
import type { HostAmounts } from "./compute-inventory.ts";

/** A provider as the list of all has it. */
export interface ListedProvider {
  readonly id: string;
  readonly name: string;
  /** Itself, unless it is nested below another. */
  readonly root: string;
  /** Rises when its inventories change, and when something is allocated of it. */
  readonly generation: number;
}

/** One class of resources of one provider, in the units of the class. */
export interface ClassAmount {
  readonly used: number;
  readonly total: number;
  readonly reserved: number;
  readonly ratio: number;
}

export interface ToldProvider {
  readonly generation: number;
  readonly classes: ReadonlyMap<string, ClassAmount>;
}

/** What a provider gives to all that are in an aggregate with it, as shared storage does. */
export interface SharingProvider {
  readonly id: string;
  /** Roots of the trees that use it. */
  readonly members: ReadonlySet<string>;
}

/** Disk is the one class that Nova takes from providers that share. */
export const SHARED_CLASS = "DISK_GB";

const MIB = 2 ** 20;
const GIB = 2 ** 30;

/** Resources of ours by Placement's classes; of others the name of the class in small letters, counted. */
const RESOURCES: { readonly [resourceClass: string]: readonly [resource: string, unit: number] } = {
  VCPU: ["vcpus", 1],
  PCPU: ["pcpus", 1],
  MEMORY_MB: ["memory", MIB],
  DISK_GB: ["disk", GIB],
  VGPU: ["vgpus", 1],
};
/** A cloud may have made a class for each of its devices. */
const MOST_CLASSES = 32;

/** What Placement of one region has, to be counted: providers in trees, each tree a host, or something that is shared. */
export class PlacementInventory {
  #listed: ReadonlyMap<string, ListedProvider> = new Map();
  readonly #told = new Map<string, ToldProvider>();
  #sharing: readonly SharingProvider[] = [];
  #trees: ReadonlyMap<string, readonly string[]> = new Map();
  #rootsByName: ReadonlyMap<string, string> = new Map();
  /** There is no Placement, or the user may not ask it. */
  isRefused = false;
  /** Every provider was read once, and who shares. */
  isWhole = false;

  get listed(): ReadonlyMap<string, ListedProvider> {
    return this.#listed;
  }

  get told(): ReadonlyMap<string, ToldProvider> {
    return this.#told;
  }

  get sharing(): readonly SharingProvider[] {
    return this.#sharing;
  }

  /** All there are; of others nothing is known any more. */
  list(providers: readonly ListedProvider[]): void {
    this.#listed = new Map(providers.map((provider) => [provider.id, provider]));
    for (const id of this.#told.keys()) if (!this.#listed.has(id)) this.#told.delete(id);
    this.#index();
  }

  tell(id: string, provider: ToldProvider): void {
    this.#told.set(id, provider);
  }

  /** It was deleted after it was listed. */
  drop(id: string): void {
    this.list([...this.#listed.values()].filter((provider) => provider.id !== id));
  }

  share(sharing: readonly SharingProvider[]): void {
    this.#sharing = sharing;
    this.isWhole = true;
  }

  /**
   * What the tree of a hypervisor has, all of its providers together, without what is shared with others: Nova's hosts tell the
   * size of shared storage as their own. Undefined while not all of the tree was read.
   */
  of(hypervisor: { readonly id: string; readonly name: string }): HostAmounts | undefined {
    const root = this.rootOf(hypervisor);
    const tree = root === undefined ? undefined : this.#trees.get(root);
    if (root === undefined || tree === undefined) return undefined;
    const told = tree.map((id) => this.#told.get(id));
    if (told.includes(undefined)) return undefined;
    const isShared = this.#sharing.some(({ id, members }) => id !== root && members.has(root));
    return amountsOf(
      told.flatMap((provider) => provider ?? []),
      isShared,
    );
  }

  /** Providers have the ids of hypervisors from Nova 2.53 on, and their names always. */
  rootOf({ id, name }: { readonly id: string; readonly name: string }): string | undefined {
    return this.#trees.has(id) ? id : this.#rootsByName.get(name);
  }

  /** What is shared, once; `members` are roots. */
  shared(): readonly { readonly name: string; readonly members: ReadonlySet<string>; readonly amounts: HostAmounts }[] {
    return this.#sharing.flatMap(({ id, members }) => {
      const [listed, told] = [this.#listed.get(id), this.#told.get(id)];
      const disk = told?.classes.get(SHARED_CLASS);
      // What shares with itself alone is a host's own.
      const isHost = members.size <= 1 && members.has(id);
      if (listed === undefined || disk === undefined || isHost) return [];
      const amounts = amountsOf([{ generation: 0, classes: new Map([[SHARED_CLASS, disk]]) }], false);
      return [{ name: listed.name, members, amounts }];
    });
  }

  #index(): void {
    const [trees, names] = [new Map<string, string[]>(), new Map<string, string>()];
    for (const { id, root, name } of this.#listed.values()) {
      const tree = trees.get(root);
      if (tree === undefined) trees.set(root, [id]);
      else tree.push(id);
      if (id === root) names.set(name, id);
    }
    [this.#trees, this.#rootsByName] = [trees, names];
  }
}

function amountsOf(providers: readonly ToldProvider[], withoutShared: boolean): HostAmounts {
  const amounts = new Map<string, { used: number; total: number; physical: number; ratio: number }>();
  for (const { classes } of providers) {
    for (const [resourceClass, { used, total, reserved, ratio }] of classes) {
      if (withoutShared && resourceClass === SHARED_CLASS) continue;
      const [resource, unit] = RESOURCES[resourceClass] ?? [resourceClass.toLowerCase(), 1];
      const sum = amounts.get(resource) ?? { used: 0, total: 0, physical: 0, ratio };
      if (!amounts.has(resource) && amounts.size >= MOST_CLASSES) continue;
      sum.used += used * unit;
      // As Placement itself reckons what it may give: int((total - reserved) * allocation_ratio).
      sum.total += Math.max(0, Math.floor((total - reserved) * ratio)) * unit;
      sum.physical += total * unit;
      amounts.set(resource, sum);
    }
  }
  return amounts;
}

/** Of `GET /resource_providers`; before 1.14 nothing is nested. */
export function listedProvider(provider: ApiObject): ListedProvider | undefined {
  const id = idAt(provider, "uuid");
  if (id === undefined || typeof provider.name !== "string") return undefined;
  const root = idAt(provider, "root_provider_uuid") ?? id;
  return { id, name: provider.name, root, generation: numberAt(provider, "generation") ?? -1 };
}

/** Of `GET /resource_providers/{uuid}/inventories`, and `…/usages` besides, which was asked for afterwards. */
export function toldProvider(inventories: ApiObject, usages: ApiObject): ToldProvider {
  const [all, used] = [recordAt(inventories, "inventories"), recordAt(usages, "usages")];
  const classes = new Map<string, ClassAmount>();
  for (const resourceClass of Object.keys(all).toSorted()) {
    const inventory = recordAt(all, resourceClass);
    const total = numberAt(inventory, "total");
    if (total === undefined) continue;
    const [reserved, ratio] = [numberAt(inventory, "reserved") ?? 0, numberAt(inventory, "allocation_ratio") ?? 1];
    classes.set(resourceClass, { used: numberAt(used, resourceClass) ?? 0, total, reserved, ratio });
  }
  // What changed after the first question shows in the next list.
  return { generation: numberAt(inventories, "resource_provider_generation") ?? -1, classes };
}
