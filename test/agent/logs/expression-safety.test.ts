import { expect, test } from "vitest";
import { literalOf, refusalOf } from "../../../agent/logs/expression-safety.ts";
import { createMatchGuard } from "../../../agent/logs/match-guard.ts";

test.each([
  ["(a+)+$", "repeats a group"],
  ["(?:x|xy)*z", "repeats a group"],
  ["((a*)b?)+", "repeats a group"],
  ["(?<n>a+){2,}", "repeats a group"],
  ["(a)\\1", "refers back"],
  ["(?<n>a)\\k<n>", "refers back"],
  ["(unclosed", "Unterminated group"],
  ["x".repeat(501), "longer than"],
])("%s is refused: %s", (expression, reason) => {
  expect(refusalOf(expression)).toContain(reason);
});

test.each(["ERROR.*rabbit", "(?:up|down) \\d+", "(abc)+", "[(+]+", "\\(a+\\)+", "(a+)?", "a{2,}b*", "(a+){1,3}"])(
  "%s is taken",
  (expression) => {
    expect(refusalOf(expression)).toBeUndefined();
  },
);

test.each([
  ["ERROR .* instance \\d+ lost", " instance "],
  ["^disk \\(sd[a-z]\\) has failed$", ") has failed"],
  ["colou?rs", "colo"],
  ["one|two", undefined],
  ["(?:error|fail)", undefined],
  ["磁盘故障+", "磁盘故"],
  ["\\d+ ab", " ab"],
  ["ab", undefined],
])("every line that fits %s has %j", (expression, literal) => {
  expect(literalOf(expression)).toBe(literal);
});

test("an expression that does not come to an end is given up, the others go on", () => {
  const slow: string[] = [];
  const guard = createMatchGuard((name) => slow.push(name));
  const patternOf = (name: string, expression: RegExp) =>
    ({ name, expression, needles: undefined, severity: "info", event: undefined }) as const;
  const patterns = [patternOf("for-ever", /^(a+)+$/), patternOf("fine", /b$/)];
  const found = () => guard.matches(`${"a".repeat(4000)}b\n`, [], patterns).map(({ pattern }) => pattern.name);
  expect(found()).toEqual(["fine"]);
  expect(found()).toEqual(["fine"]);
  expect(slow).toEqual(["for-ever"]);
});

test("an expression that waited for a processor, and needed little of it, is looked for all the same", () => {
  const slow: string[] = [];
  const guard = createMatchGuard((name) => slow.push(name));
  const nothing = new Int32Array(new SharedArrayBuffer(4));
  let waitMs = 0;
  class Starved extends RegExp {
    override test(line: string): boolean {
      Atomics.wait(nothing, 0, 0, waitMs);
      waitMs = 0;
      return super.test(line);
    }
  }
  const pattern = { name: "starved", expression: new Starved("b$"), needles: undefined, severity: "info" } as const;
  for (const starvedMs of [0, 60, 60]) {
    waitMs = starvedMs;
    expect(guard.matches("ab\n", [], [{ ...pattern, event: undefined }])).toMatchObject([{ count: 1 }]);
  }
  expect(slow).toEqual([]);
});
