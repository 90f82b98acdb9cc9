import fc from "fast-check";
import { expect, test } from "vitest";
import { seriesLookup } from "../../alerts/series-lookup.ts";

const labels = fc.dictionary(fc.constantFrom("a", "b", "c"), fc.constantFrom("", "1", "2", "null"), { maxKeys: 3 });

test("a series is found when it has at least the labels, whichever names were asked for before", () => {
  fc.assert(
    fc.property(fc.array(labels, { maxLength: 6 }), fc.array(labels, { maxLength: 6 }), (series, asked) => {
      const has = seriesLookup(series.map((own) => ({ labels: own, value: 1 })));
      for (const wanted of asked) {
        const isThere = series.some((own) => Object.entries(wanted).every(([name, value]) => own[name] === value));
        expect(has(wanted)).toBe(isThere);
      }
    }),
  );
});
