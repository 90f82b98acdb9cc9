import { type AttributeValue, type Element, isLink } from "../../core/element.ts";
import type { ElementId } from "../../core/element-id.ts";
import { identifiersOf } from "../identifiers.ts";
import { type Change, changedId } from "../model/change.ts";
import type { Lookup } from "./graph-source.ts";

/** Where to look for what was there at a moment and is no longer, or is no longer the same. */
export interface PastHints {
  /** To be awaited before `around`. */
  load(): Promise<void>;
  /** Ids of links that may have ended at an element, and of nodes that may have had it as their parent. */
  around(id: ElementId): readonly ElementId[];
  /** Ids of elements that a look-up may have meant then. */
  formerly(lookup: Exclude<Lookup, { by: "kind" }>): Promise<readonly ElementId[]>;
  /** False once something had to be left out because too much has changed since. */
  isComplete(): boolean;
}

export interface PastHintsOptions {
  /** What has happened from the moment until now, folded; undefined when that is too much to read. */
  readonly changesSince: () => Promise<readonly Change[] | undefined>;
  /** Elements that once had a token, however long ago; not all of them have to have had it at the moment. */
  readonly onceIdentifiedBy: (token: string) => Promise<readonly ElementId[]>;
}

export function createPastHints(options: PastHintsOptions): PastHints {
  const around = new Map<string, ElementId[]>();
  const byHost = new Map<string, ElementId[]>();
  const byToken = new Map<string, ElementId[]>();
  let isComplete = true;
  let loading: Promise<boolean> | undefined;

  const load = async (): Promise<boolean> => {
    const changes = await options.changesSince();
    for (const change of changes ?? []) {
      const id = changedId(change);
      const before = beforeOf(change);
      for (const near of before.near) put(around, near, id);
      for (const host of before.hosts) put(byHost, host, id);
      for (const token of before.tokens) put(byToken, token, id);
    }
    return changes !== undefined;
  };
  const loaded = (): Promise<boolean> => {
    loading ??= load();
    return loading;
  };

  return {
    load: async () => {
      if (!(await loaded())) isComplete = false;
    },
    around: (id) => around.get(id) ?? [],
    formerly: async (lookup) => {
      if (lookup.by === "id") return [lookup.id];
      const knowsAll = await loaded();
      if (lookup.by === "host") {
        if (!knowsAll) isComplete = false;
        return byHost.get(lookup.host) ?? [];
      }
      return knowsAll ? (byToken.get(lookup.token) ?? []) : options.onceIdentifiedBy(lookup.token);
    },
    isComplete: () => isComplete,
  };
}

interface Before {
  readonly near: readonly string[];
  readonly hosts: readonly string[];
  readonly tokens: readonly string[];
}

const NOTHING: Before = { near: [], hosts: [], tokens: [] };

/** What an element had before a change that it may have lost by it. */
function beforeOf(change: Change): Before {
  switch (change.kind) {
    case "add":
      return NOTHING;
    case "remove": {
      const { element } = change;
      const tokens = identifiersOf(element);
      if (isLink(element)) return { near: [element.from, element.to], hosts: [], tokens };
      const { parent, host } = element;
      return { near: parent === undefined ? [] : [parent], hosts: host === undefined ? [] : [host], tokens };
    }
    case "update": {
      const { "@parent": parent, "@host": host, "@name": name, ...attributes } = change.before;
      return { near: textsOf(parent), hosts: textsOf(host), tokens: tokensOf(change.id, name, attributes) };
    }
  }
}

function tokensOf(
  id: ElementId,
  name: AttributeValue | undefined,
  attributes: Element["attributes"],
): readonly string[] {
  const tokens = identifiersOf({ id, kind: "interface", name: textsOf(name)[0] ?? "", cluster: "", attributes });
  // Which of the two it was says an attribute that did not change and so is not known here.
  const { segmentation_id: segment } = attributes;
  return segment === undefined ? tokens : [...tokens, `vlan:${String(segment)}`, `vni:${String(segment)}`];
}

function textsOf(value: AttributeValue | undefined): readonly string[] {
  return typeof value === "string" ? [value] : [];
}

function put(index: Map<string, ElementId[]>, key: string, id: ElementId): void {
  const known = index.get(key);
  if (known === undefined) index.set(key, [id]);
  else known.push(id);
}
