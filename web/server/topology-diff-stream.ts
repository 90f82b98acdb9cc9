import { Readable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import type { Comparison } from "../../topology/model/comparison/comparison.ts";
import { wireAdded, wireGroup, wireMoved, wireUpdated } from "./wire-comparison.ts";

/** Rows turned into text at once, between two turns of the event loop. */
const SLICE = 200;

interface Section {
  readonly list: string;
  /** What an NDJSON line calls one of them. */
  readonly one: string;
  readonly items: readonly unknown[];
  readonly wire: (index: number) => unknown;
}

/** A `DiffResponse` as JSON, in slices. */
export function diffJson(head: object, comparison: Comparison, withGroups: boolean): Readable {
  return Readable.from(json(head, sectionsOf(comparison, withGroups)));
}

/**
 * The same as NDJSON: a line with everything but the lists, then one line for each row and group, as
 * `{"removed": {…}}` or `{"group": {…}}`.
 */
export function diffNdjson(head: object, comparison: Comparison, withGroups: boolean): Readable {
  return Readable.from(ndjson(head, sectionsOf(comparison, withGroups)));
}

function sectionsOf(comparison: Comparison, withGroups: boolean): readonly Section[] {
  const { added, removed, updated, moved, unknown, groups } = comparison;
  const section = <T>(list: string, one: string, items: readonly T[], wire: (item: T) => unknown): Section => ({
    list,
    one,
    items,
    wire: (index) => {
      const item = items[index];
      return item === undefined ? undefined : wire(item);
    },
  });
  return [
    section("added", "added", added, wireAdded),
    section("removed", "removed", removed, ({ element }) => element),
    section("updated", "updated", updated, wireUpdated),
    section("moved", "moved", moved, wireMoved),
    section("unknown", "unknown", unknown, ({ element }) => element),
    ...(withGroups ? [section("groups", "group", groups, wireGroup)] : []),
  ];
}

async function* json(head: object, sections: readonly Section[]): AsyncIterable<string> {
  yield JSON.stringify(head).slice(0, -1);
  for (const section of sections) {
    yield `,${JSON.stringify(section.list)}:[`;
    for await (const [start, slice] of slices(section)) yield (start === 0 ? "" : ",") + slice.join(",");
    yield "]";
  }
  yield "}";
}

async function* ndjson(head: object, sections: readonly Section[]): AsyncIterable<string> {
  yield `${JSON.stringify(head)}\n`;
  for (const section of sections) {
    const name = JSON.stringify(section.one);
    for await (const [, slice] of slices(section)) yield slice.map((text) => `{${name}:${text}}\n`).join("");
  }
}

async function* slices({ items, wire }: Section): AsyncIterable<readonly [number, readonly string[]]> {
  for (let start = 0; start < items.length; start += SLICE) {
    const slice: string[] = [];
    for (let index = start; index < Math.min(start + SLICE, items.length); index++) {
      slice.push(JSON.stringify(wire(index)));
    }
    yield [start, slice];
    await setImmediate();
  }
}
