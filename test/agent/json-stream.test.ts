import fc from "fast-check";
import { expect, test } from "vitest";
import { createJsonSplitter } from "../../agent/ovs/json-stream.ts";

/** Cuts a text in pieces at the places given. */
function cut(text: string, places: readonly number[]): readonly string[] {
  const at = [...new Set(places.map((place) => place % (text.length + 1)))].toSorted((a, b) => a - b);
  return [0, ...at].map((start, index) => text.slice(start, at[index] ?? text.length));
}

test("values come out whole, however the stream is cut and whatever strings hold", () => {
  const value = fc.oneof(fc.object({ maxDepth: 3 }), fc.array(fc.jsonValue()), fc.record({ text: fc.string() }));
  fc.assert(
    fc.property(fc.array(value, { maxLength: 5 }), fc.array(fc.nat(), { maxLength: 8 }), (values, places) => {
      const text = values.map((item) => JSON.stringify(item)).join("\n");
      const split = createJsonSplitter();
      const whole = cut(text, places).flatMap((piece) => [...split(piece)]);
      expect(whole.map((item) => JSON.parse(item))).toEqual(values.map((item) => JSON.parse(JSON.stringify(item))));
    }),
  );
});

test.each([
  ["closes more than it opened", "]", undefined],
  ["goes on without end", `["${"x".repeat(100)}`, 50],
])("a stream that %s is given up", (_, text, maxChars) => {
  expect(() => createJsonSplitter(maxChars)(text)).toThrow(RangeError);
});
