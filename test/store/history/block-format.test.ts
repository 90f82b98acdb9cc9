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
const blockArbitrary = fc
  .array(entryArbitrary, { minLength: 1, maxLength: 300 })
  .map((entries) => entries.sort((left, right) => (left.part < right.part ? -1 : left.part > right.part ? 1 : 0)));

test("a block gives back every change, at its place and under its part", () => {
  fc.assert(
    fc.property(blockArbitrary, (entries) => {
      const packed = packBlock(entries);
      const [index, bodies] = [unpackIndex(packed.index), unpackBodies(packed.bodies)];
      const found = index.runs.flatMap(({ part, from, to }) =>
        Array.from({ length: to - from }, (_, n) => entryAt(index, bodies, part, from + n)),
      );
      expect(found).toEqual(entries);
      expect(new Set(index.runs.map(({ part }) => part)).size).toBe(index.runs.length);
    }),
  );
});

test("a blob with any byte changed, or cut short, is refused as damaged", () => {
  const [entries = []] = fc.sample(blockArbitrary, { numRuns: 1, seed: 7 });
  const { index } = packBlock(entries);
  for (let at = 0; at < index.length; at++) {
    const bent = Uint8Array.from(index);
    bent[at] = (bent[at] ?? 0) ^ 0x41;
    expect(() => unpackIndex(bent)).toThrowError(expect.objectContaining({ code: "store.damaged" }));
    expect(() => unpackIndex(index.subarray(0, at))).toThrowError(expect.objectContaining({ code: "store.damaged" }));
  }
});
