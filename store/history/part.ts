import { crc32 } from "node:zlib";
import { type ElementId, hostId, isWithin, ownerHostOf } from "../../core/element-id.ts";
import { type Sql, sql } from "../sql-text.ts";
import type { TopologyPart } from "../topology-store.ts";

/**
 * The part an element belongs to: what is asked for together is kept together. `host/<h>` has all below `host/<h>` and
 * `agent/<h>`; others are spread over 256 parts for each kind of id, as `vm/7f` and `neutron/port/7f`.
 */
export function partOf(id: string): string {
  const [first = "", second = "", third = ""] = id.split("/", 3);
  switch (first) {
    case "host":
    case "agent":
      return `host/${second}`;
    default:
      return segmentsOfPart(first) === 3 ? `${first}/${second}/${shortHash(third)}` : `${first}/${shortHash(second)}`;
  }
}

/** Parts with `from <= part < to`. */
export interface PartRange {
  readonly from: string;
  readonly to: string;
}

/** What of a history is asked for: whole ranges of parts are read, elements are picked from them. */
export interface Selection {
  readonly ranges: readonly PartRange[];
  includes(id: ElementId): boolean;
  /** The same as `includes`, of rows with an `element_id`; begins with AND. */
  readonly elements: Sql;
}

/** "!" is the least character an id may have, "0" comes after "/". */
export const singlePart = (part: string): PartRange => ({ from: part, to: `${part}!` });
export const isSinglePart = ({ from, to }: PartRange): boolean => to === singlePart(from).to;
const allBelow = (prefix: string): PartRange => ({ from: `${prefix}/`, to: `${prefix}0` });

/** Undefined for everything. */
export function selectionOf({ root, element, hosts }: TopologyPart): Selection | undefined {
  const conditions: Selection[] = [];
  if (element !== undefined) {
    const elements = sql`AND element_id = ${element}`;
    conditions.push({ ranges: [singlePart(partOf(element))], includes: (id) => id === element, elements });
  }
  if (root !== undefined) {
    conditions.push({ ranges: [rangeBelow(root)], includes: (id) => isWithin(id, root), elements: within(root) });
  }
  if (hosts !== undefined) conditions.push(ownedByAgents(hosts));
  const [narrowest] = conditions;
  if (narrowest === undefined) return undefined;
  return {
    ranges: narrowest.ranges,
    includes: (id) => conditions.every((condition) => condition.includes(id)),
    elements: conditions.reduce((all, condition) => sql`${all} ${condition.elements}`, sql``),
  };
}

function ownedByAgents(hosts: readonly string[]): Selection {
  const wanted = new Set(hosts);
  return {
    ranges: hosts.map((host) => singlePart(partOf(hostId(host)))),
    includes: (id) => wanted.has(ownerHostOf(id) ?? ""),
    // The ranges pick the hosts; what is left out is the node of the agent itself.
    elements: within("host"),
  };
}

/** "0" is the character after "/". */
function within(root: string): Sql {
  return sql`AND (element_id = ${root} OR (element_id >= ${`${root}/`} AND element_id < ${`${root}0`}))`;
}

/** Whether a part lies in one of the ranges. */
export function isInRanges(part: string, ranges: readonly PartRange[]): boolean {
  return ranges.some(({ from, to }) => from <= part && part < to);
}

function rangeBelow(root: ElementId): PartRange {
  const segments = root.split("/", 3);
  const [first = ""] = segments;
  if (segments.length >= segmentsOfPart(first)) return singlePart(partOf(root));
  return allBelow(first === "agent" ? "host" : segments.join("/"));
}

/** How many segments of an id decide on its part. */
function segmentsOfPart(first: string): number {
  return first === "neutron" || first === "derived" ? 3 : 2;
}

function shortHash(text: string): string {
  return (crc32(text) & 0xff).toString(16).padStart(2, "0");
}
