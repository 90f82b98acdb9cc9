import { isRecord } from "../../core/json.ts";

/** How a column holds its values; it decides what a difference means. */
export type ColumnKind = "scalar" | "optional" | "set" | "map";

export type Atom = string | number | boolean;

/** A column's value: an atom, undefined for an empty optional, a sorted list for a set, a record for a map. */
export type ColumnValue = Atom | undefined | readonly Atom[] | { readonly [key: string]: Atom };

/** One row with every column that was asked for and is not at its default. */
export type Row = { readonly [column: string]: ColumnValue };

/** Reads a column's type of a schema (RFC 7047 §3.2 `<type>`). */
export function columnKindOf(columnSchema: unknown): ColumnKind {
  const type = isRecord(columnSchema) ? columnSchema.type : undefined;
  if (!isRecord(type)) return "scalar";
  if (type.value !== undefined) return "map";
  const { min = 1, max = 1 } = type;
  if (max === 1) return min === 0 ? "optional" : "scalar";
  return "set";
}

/** Parses a `<value>` of RFC 7047 §5.1: a set of one element may be written as that element alone. */
export function parseValue(kind: ColumnKind, value: unknown): ColumnValue {
  switch (kind) {
    case "map":
      return Object.fromEntries(pairsOf(value));
    case "set":
      return atomsOf(value).toSorted(compareAtoms);
    case "optional":
      return atomsOf(value)[0];
    case "scalar":
      return atomsOf(value)[0] ?? "";
  }
}

/**
 * Applies what `modify` of an `update2` notification says to a column: not the new value but a difference
 * (ovsdb-server(7) §4.1.14). Of a map: a pair that is there already is removed, any other is put. Of a set: the
 * symmetric difference. Anything else: the new value.
 */
export function applyDifference(kind: ColumnKind, before: ColumnValue, difference: unknown): ColumnValue {
  switch (kind) {
    case "map": {
      const map = new Map(isMap(before) ? Object.entries(before) : []);
      for (const [key, value] of pairsOf(difference)) {
        if (map.get(key) === value) map.delete(key);
        else map.set(key, value);
      }
      return Object.fromEntries(map);
    }
    case "set": {
      const set = new Set(Array.isArray(before) ? before : []);
      for (const atom of atomsOf(difference)) if (!set.delete(atom)) set.add(atom);
      return [...set].sort(compareAtoms);
    }
    case "optional":
    case "scalar":
      return parseValue(kind, difference);
  }
}

export function isMap(value: ColumnValue): value is { readonly [key: string]: Atom } {
  return typeof value === "object" && !Array.isArray(value);
}

function atomsOf(value: unknown): readonly Atom[] {
  if (Array.isArray(value) && value[0] === "set") {
    return Array.isArray(value[1]) ? value[1].flatMap((item) => atomOf(item) ?? []) : [];
  }
  const atom = atomOf(value);
  return atom === undefined ? [] : [atom];
}

function pairsOf(value: unknown): readonly (readonly [string, Atom])[] {
  if (!Array.isArray(value) || value[0] !== "map" || !Array.isArray(value[1])) return [];
  return value[1].flatMap((pair: unknown): (readonly [string, Atom])[] => {
    const [key, held] = Array.isArray(pair) ? [atomOf(pair[0]), atomOf(pair[1])] : [];
    return key === undefined || held === undefined ? [] : [[String(key), held]];
  });
}

/** A uuid is written `["uuid", "…"]`; here it is its text. */
function atomOf(value: unknown): Atom | undefined {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  if (Array.isArray(value) && value[0] === "uuid" && typeof value[1] === "string") return value[1];
  return undefined;
}

function compareAtoms(a: Atom, b: Atom): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0;
}
