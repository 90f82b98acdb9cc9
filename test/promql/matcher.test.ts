import { expect, test } from "vitest";
import { anchoredPattern } from "../../promql/matcher.ts";

/* Patterns as RE2 reads them: https://github.com/google/re2/wiki/Syntax */
test.each([
  ["c-1|c-2", ["c-1", "c-2"], ["c-11", "xc-1", ""]],
  [".*", ["", "a\nb"], []],
  ["a.b", ["a\nb"], ["ab"]],
  ["(?i)ab", ["AB", "ab"], ["abc"]],
  ["(?i:a)b", ["Ab"], ["AB"]],
  ["(?s)a.b", ["a\nb"], []],
  ["(?P<x>a)b", ["ab"], []],
  [String.raw`\Aab\z`, ["ab"], ["ab\n"]],
  [String.raw`a\Q.*\Eb`, ["a.*b"], ["axxb"]],
  [String.raw`a\Q(b`, ["a(b"], ["ab"]],
  [String.raw`\\Qa`, ["\\Qa"], ["a"]],
  [String.raw`c\-\_\.1`, ["c-_.1"], ["c-_x1"]],
  [String.raw`[a\-z]`, ["a", "-", "z"], ["b"]],
  [String.raw`[\]\^]`, ["]", "^"], ["\\"]],
  [String.raw`\x2d\x{1F600}`, ["-😀"], ["--"]],
  [String.raw`\pL\PL`, ["é1"], ["1é"]],
  [String.raw`\p{Greek}\p{^Greek}\P{Greek}`, ["αab"], ["aαα"]],
  [String.raw`\p{Lu}\-\p{Ll}`, ["A-b"], ["a-B"]],
  ["[[:alpha:]]+[[:digit:]]", ["ab1"], ["1ab"]],
  ["a{1000}", ["a".repeat(1_000)], ["a"]],
  [String.raw`a\{5\}`, ["a{5}"], ["aaaaa"]],
  ["x*?", ["", "xx"], ["y"]],
])("%s", (source, matching, others) => {
  const pattern = anchoredPattern(source);
  expect(matching.filter((text) => !pattern.test(text))).toEqual([]);
  expect(others.filter((text) => pattern.test(text))).toEqual([]);
});

test.each([
  ["(?=a)", "look-around"],
  ["(?<!a)b", "look-around"],
  [String.raw`(a)\1`, "back references"],
  [String.raw`(?P<n>a)\k<n>`, "back references"],
  [String.raw`\y`, "invalid escape sequence"],
  [String.raw`\C`, "invalid escape sequence"],
  ["a{1001}", "invalid repeat count"],
  ["a{0,2000}", "invalid repeat count"],
  ["a{2000,}", "invalid repeat count"],
  ["(", "Invalid regular expression"],
  ["[", "Invalid regular expression"],
  ["a**", "Invalid regular expression"],
  ["a".repeat(2_001), "longer than"],
])("%s is refused", (source, problem) => {
  expect(() => anchoredPattern(source)).toThrow(RangeError);
  expect(() => anchoredPattern(source)).toThrow(problem);
});
