import { expect, test } from "vitest";
import { type LabelMatcher, matchesAll } from "../../core/series.ts";

test.each<[string, LabelMatcher, boolean]>([
  ["has it", { kind: "=", name: "host", value: "a" }, true],
  ["has another", { kind: "!=", name: "host", value: "b" }, true],
  ["fits the pattern", { kind: "=~", name: "host", pattern: /^(?:a|b)$/ }, true],
  ["fits what is forbidden", { kind: "!~", name: "host", pattern: /^(?:a|b)$/ }, false],
  ["lacks it, which is empty", { kind: "=", name: "zone", value: "" }, true],
  ["lacks one that every object has by another way", { kind: "=~", name: "constructor", pattern: /.+/ }, false],
])("a label set that %s", (_, matcher, expected) => {
  expect(matchesAll({ host: "a" }, [matcher])).toBe(expected);
});
