import fc from "fast-check";
import { expect, test } from "vitest";
import { elementIdOf, parseElementId } from "../../core/element-id.ts";

const segment = fc.oneof(
  fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 20 }),
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 5 }),
);

test("segments are percent-encoded but for `:` and `@`, and an id read back gives them again", () => {
  fc.assert(
    fc.property(fc.array(segment, { minLength: 1, maxLength: 4 }), (segments) => {
      const id = elementIdOf(...segments);
      const encoded = segments.map((raw) => encodeURIComponent(raw).replaceAll("%3A", ":").replaceAll("%40", "@"));
      expect(id).toBe(encoded.join("/"));
      expect(parseElementId(id)).toBe(id);
      expect(id.split("/").map(decodeURIComponent)).toEqual(segments);
    }),
    { numRuns: 1_000 },
  );
});
