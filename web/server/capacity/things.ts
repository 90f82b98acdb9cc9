import type { Labels } from "../../../core/series.ts";
import { CAPACITY_SCOPES, type CapacityScope, type CapacityThing } from "../../api/capacity.ts";
import { selectorOf, type Wanted } from "./selector.ts";

/** What a request asks about; what it leaves out may be anything. */
export interface CapacityFilter {
  readonly cluster?: string | undefined;
  readonly resource?: string | undefined;
  readonly scope?: CapacityScope | undefined;
  readonly region?: string | undefined;
  readonly zone?: string | undefined;
  readonly host?: string | undefined;
  readonly project_id?: string | undefined;
  readonly network_id?: string | undefined;
  readonly subnet_id?: string | undefined;
  readonly range?: string | undefined;
}

/** Few rows, which is what to begin with; hosts and projects may be thousands. */
const SCOPES_OF_ALL: readonly CapacityScope[] = ["cluster", "region", "zone"];

/** Names by which things of one scope are told apart within cluster, region and zone. */
const OWN_NAME: Partial<Record<CapacityScope, "host" | "project_id" | "subnet_id">> = {
  host: "host",
  project: "project_id",
  subnet: "subnet_id",
  range: "subnet_id",
};

const NAMES = ["region", "zone", "host", "project_id", "network_id", "subnet_id", "subnet", "cidr", "range"] as const;

/** Which measurement of the catalogue tells of a scope. */
function measurementOf(scope: CapacityScope | undefined): string {
  if (scope === "subnet") return "os_subnet_ip";
  return scope === "range" ? "os_subnet_range" : "os_capacity";
}

/** Selectors of what is used and what there is. */
export function selectorsOf(filter: CapacityFilter): { readonly used: string; readonly total: string } {
  const { scope, resource, ...names } = filter;
  const measurement = measurementOf(scope);
  const own = measurement === "os_capacity" ? { scope: scope ?? SCOPES_OF_ALL, resource } : {};
  return pairOf(measurement, { ...names, ...own });
}

function pairOf(measurement: string, wanted: Wanted) {
  return { used: selectorOf(`${measurement}_used`, wanted), total: selectorOf(`${measurement}_total`, wanted) };
}

/** Undefined for labels that name nothing we know. */
export function thingOf(labels: Labels, asked: CapacityScope | undefined): CapacityThing | undefined {
  const kind = kindOf(labels, asked);
  if (kind === undefined) return undefined;
  const thing: CapacityThing = { cluster: labels.cluster ?? "", ...kind };
  for (const name of NAMES) {
    const value = labels[name];
    if (value !== undefined && value !== "") thing[name] = value;
  }
  return thing;
}

function kindOf(
  labels: Labels,
  asked: CapacityScope | undefined,
): Pick<CapacityThing, "resource" | "scope"> | undefined {
  if (asked === "subnet" || asked === "range") return { resource: "addresses", scope: asked };
  const scope = CAPACITY_SCOPES.find((each) => each === labels.scope);
  return scope === undefined ? undefined : { resource: labels.resource ?? "", scope };
}

/** With the name of its project: people know projects by that, and metrics have the id, which stays. */
export function named(
  thing: CapacityThing,
  projectName: (cluster: string, id: string) => string | undefined,
): CapacityThing {
  const { cluster, project_id: id } = thing;
  const project = id === undefined ? undefined : projectName(cluster, id);
  return project === undefined ? thing : { ...thing, project };
}

/** Equal for the same thing; the order of its names is fixed. */
export function keyOf(thing: CapacityThing): string {
  return joinedKey(thing, thing);
}

/** The key of the thing that labels name, without the thing. */
export function keyOfLabels(labels: Labels, asked: CapacityScope | undefined): string | undefined {
  const kind = kindOf(labels, asked);
  return kind && joinedKey(labels, kind);
}

/** Whether two sets of labels have one key. */
export function nameTheSame(a: Labels, b: Labels): boolean {
  return KEY_LABELS.every((name) => (a[name] ?? "") === (b[name] ?? ""));
}

const KEY_LABELS = ["cluster", "resource", "scope", ...NAMES] as const;

function joinedKey(
  names: { readonly [name in "cluster" | (typeof NAMES)[number]]?: string | undefined },
  { resource, scope }: Pick<CapacityThing, "resource" | "scope">,
): string {
  let key = `${names.cluster ?? ""}\u0000${resource}\u0000${scope}`;
  for (const name of NAMES) key += `\u0000${names[name] ?? ""}`;
  return key;
}

/** Things that one query can ask about together. */
export interface Group {
  readonly filter: CapacityFilter;
  /** By which label its things are told apart further, where there are too many to ask about all. */
  readonly label: "host" | "project_id" | "subnet_id" | undefined;
  readonly things: CapacityThing[];
}

export function groupsOf(things: readonly CapacityThing[]): readonly Group[] {
  const groups = new Map<string, Group>();
  for (const thing of things) {
    const { cluster, resource, scope } = thing;
    const key = [cluster, resource, scope].join("\u0000");
    const group = groups.get(key) ?? { filter: { cluster, resource, scope }, label: OWN_NAME[scope], things: [] };
    groups.set(key, group);
    group.things.push(thing);
  }
  return [...groups.values()];
}

/** Selectors of some things of a group by their own names. */
export function selectorsOfNamed({ filter, label }: Group, names: readonly string[]) {
  const { scope, resource, cluster } = filter;
  const measurement = measurementOf(scope);
  const own = measurement === "os_capacity" ? { scope, resource } : {};
  return pairOf(measurement, { cluster, ...own, ...(label === undefined ? {} : { [label]: names }) });
}
