import type { ElementId } from "../../core/element-id.ts";
import { isRecord } from "../../core/json.ts";
import type { Change } from "../../topology/model/change.ts";
import { damaged, storedId } from "./cells.ts";
import { packed, unpacked } from "./packed.ts";
import { partOf } from "./part.ts";
import type { Entry } from "./stored-changes.ts";

/**
 * A block is two blobs: the index, which says what is in it, and the bodies, which are read only when the index says so.
 * Both are text in zstd (packed.ts). Bodies are lines, one for each change; the index is JSON of columns:
 * `revisions` and `ats` as differences to the one before, `delays` as knownAt − at, `kinds` one letter a change.
 */
export interface PackedBlock {
  readonly index: Uint8Array;
  readonly bodies: Uint8Array;
}

/** The index of a block, column by column. */
export interface BlockIndex {
  readonly revisions: readonly number[];
  readonly ordinals: readonly number[];
  readonly ats: readonly number[];
  readonly knownAts: readonly number[];
  readonly kinds: readonly Change["kind"][];
  readonly origins: readonly string[];
  readonly ids: readonly ElementId[];
  /** By position. */
  readonly renames: ReadonlyMap<number, string>;
}

const LETTERS = { add: "a", update: "u", remove: "r" } as const;

export function packBlock(entries: readonly Entry[]): PackedBlock {
  const origins = [...new Set(entries.map(({ origin }) => origin))];
  const originNumbers = new Map(origins.map((origin, number) => [origin, number]));
  const index = {
    revisions: differences(entries.map(({ revision }) => revision)),
    ordinals: entries.map(({ ordinal }) => ordinal),
    ats: differences(entries.map(({ at }) => at)),
    delays: entries.map(({ at, knownAt }) => knownAt - at),
    kinds: entries.map(({ kind }) => LETTERS[kind]).join(""),
    origins,
    origin_numbers: entries.map(({ origin }) => originNumbers.get(origin)),
    ids: entries.map(({ id }) => id),
    renames: entries.flatMap(({ renamedFrom }, position) =>
      renamedFrom === undefined ? [] : [[position, renamedFrom]],
    ),
  };
  return { index: packed(JSON.stringify(index)), bodies: packed(entries.map(({ body }) => body).join("\n")) };
}

export function unpackIndex(blob: Uint8Array): BlockIndex {
  const json: unknown = JSON.parse(unpacked(blob));
  if (!isRecord(json) || typeof json.kinds !== "string") throw damaged("index of a block", json);
  const origins = texts(json.origins);
  const ats = sums(numbers(json.ats));
  return {
    revisions: sums(numbers(json.revisions)),
    ordinals: numbers(json.ordinals),
    ats,
    knownAts: numbers(json.delays).map((delay, position) => delay + (ats[position] ?? 0)),
    kinds: Array.from(json.kinds, kindOf),
    origins: numbers(json.origin_numbers).map((number) => origins[number] ?? ""),
    ids: texts(json.ids).map(storedId),
    renames: new Map(Array.isArray(json.renames) ? json.renames : []),
  };
}

export function unpackBodies(blob: Uint8Array): readonly string[] {
  return unpacked(blob).split("\n");
}

/** One change of a block. */
export function entryAt(index: BlockIndex, bodies: readonly string[], position: number): Entry {
  const [id, kind, body] = [index.ids[position], index.kinds[position], bodies[position]];
  if (id === undefined || kind === undefined || body === undefined) throw damaged("change of a block", position);
  return {
    part: partOf(id),
    revision: index.revisions[position] ?? 0,
    ordinal: index.ordinals[position] ?? 0,
    at: index.ats[position] ?? 0,
    knownAt: index.knownAts[position] ?? 0,
    origin: index.origins[position] ?? "",
    kind,
    id,
    renamedFrom: index.renames.get(position),
    body,
  };
}

export function differences(values: readonly number[]): readonly number[] {
  return values.map((value, position) => value - (values[position - 1] ?? 0));
}

export function sums(values: readonly number[]): readonly number[] {
  let sum = 0;
  return values.map((value) => (sum += value));
}

export function numbers(json: unknown): readonly number[] {
  if (Array.isArray(json) && json.every((item) => typeof item === "number")) return json;
  throw damaged("numbers", json);
}

export function texts(json: unknown): readonly string[] {
  if (Array.isArray(json) && json.every((item) => typeof item === "string")) return json;
  throw damaged("texts", json);
}

function kindOf(letter: string): Change["kind"] {
  switch (letter) {
    case "a":
      return "add";
    case "u":
      return "update";
    case "r":
      return "remove";
    default:
      throw damaged("kind of change", letter);
  }
}
