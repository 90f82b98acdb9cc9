import fc from "fast-check";
import { expect, test } from "vitest";
import { elementIdOf } from "../../../core/element-id.ts";
import { entryAt, packBlock, unpackBodies, unpackIndex } from "../../../store/history/block-format.ts";
import { partOf } from "../../../store/history/part.ts";
import type { Entry } from "../../../store/history/stored-changes.ts";

const time = fc.integer({ min: 0, max: 4_000_000_000_000 });
const text = fc.string({ unit: "grapheme", maxLength: 20 });
const idArbitrary = fc
  .tuple(fc.constantFrom("a", "b", "ü", "%"), fc.constantFrom("x", "y", "日本"))
  .map(([host, name]) => elementIdOf("host", host, "if", name));
const entryArbitrary: fc.Arbitrary<Entry> = fc
  .record({
    id: idArbitrary,
    revision: fc.nat({ max: 2 ** 40 }),
    ordinal: fc.nat({ max: 100_000 }),
    at: time,
    knownAt: time,
    origin: text,
    kind: fc.constantFrom("add", "update", "remove"),
    renamedFrom: fc.option(idArbitrary, { nil: undefined }),
    body: text.map((value) => JSON.stringify({ value })),
  })
  .map((entry) => ({ ...entry, part: partOf(entry.id) }));
const blocksOf = (length: { readonly minLength: number; readonly maxLength: number }) =>
  fc
    .array(entryArbitrary, { ...length, size: "max" })
    .map((entries) => entries.sort((left, right) => (left.part < right.part ? -1 : left.part > right.part ? 1 : 0)));

test("a block gives back every change, at its place and under its part", () => {
  fc.assert(
    fc.property(blocksOf({ minLength: 1, maxLength: 300 }), (entries) => {
      const packed = packBlock(entries);
      const index = unpackIndex(packed.index);
      const bodies = unpackBodies(packed.bodies, entries.keys());
      const found = index.runs.flatMap(({ part, from, to }) =>
        Array.from({ length: to - from }, (_, n) => entryAt(index, bodies[from + n] ?? "", part, from + n)),
      );
      expect(found).toEqual(entries);
      expect(new Set(index.runs.map(({ part }) => part)).size).toBe(index.runs.length);
    }),
  );
});

test("some bodies are what all of them have at their positions", () => {
  fc.assert(
    fc.property(blocksOf({ minLength: 1, maxLength: 300 }), fc.func(fc.boolean()), (entries, isPicked) => {
      const positions = [...entries.keys()].filter((position) => isPicked(position));
      expect(unpackBodies(packBlock(entries).bodies, positions)).toEqual(
        positions.map((position) => entries[position]?.body),
      );
    }),
  );
});

test("a body beyond the last one is refused as damaged", () => {
  const [entries = []] = fc.sample(blocksOf({ minLength: 3, maxLength: 3 }), 1);
  expect(() => unpackBodies(packBlock(entries).bodies, [3])).toThrowError(
    expect.objectContaining({ code: "store.damaged" }),
  );
});

test("a blob with any byte changed, or cut short, is refused as damaged", () => {
  const [entries = []] = fc.sample(blocksOf({ minLength: 150, maxLength: 160 }), { numRuns: 1, seed: 7 });
  const { index, bodies } = packBlock(entries);
  const damaged = expect.objectContaining({ code: "store.damaged" });
  const texts = (blob: Uint8Array) => unpackBodies(blob, entries.keys());
  for (let at = 0; at < Math.max(index.length, bodies.length); at += 5) {
    if (at < index.length) {
      expect(() => unpackIndex(bentAt(index, at))).toThrowError(damaged);
      expect(() => unpackIndex(index.subarray(0, at))).toThrowError(damaged);
    }
    if (at < bodies.length) {
      expect(() => texts(bodies.subarray(0, at))).toThrowError(damaged);
      expect(() => texts(bentAt(bodies, at))).toThrowError(damaged);
    }
  }
});

function bentAt(blob: Uint8Array, at: number): Uint8Array {
  const bent = Uint8Array.from(blob);
  bent[at] = (bent[at] ?? 0) ^ 0x41;
  return bent;
}
