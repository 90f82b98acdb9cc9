import { expect, test } from "vitest";
import { withPresentNames } from "../../promql/former-names.ts";
import { parseQuery } from "../../promql/parse.ts";

const IN_STRINGS = `x{a="holt_winters(", b='\\'holt_winters('}`;

test.each([
  ["holt_winters(x[5m], 0.3, 0.6)", "double_exponential_smoothing(x[5m], 0.3, 0.6)"],
  ["sum(holt_winters (x[5m], 0.3, 0.6))", "sum(double_exponential_smoothing (x[5m], 0.3, 0.6))"],
  // A metric, a part of a name, a string.
  ["holt_winters + 1", "holt_winters + 1"],
  ["sum(my:holt_winters)", "sum(my:holt_winters)"],
  [`${IN_STRINGS} * holt_winters(y[5m], 0.1, 0.2)`, `${IN_STRINGS} * double_exponential_smoothing(y[5m], 0.1, 0.2)`],
  ["x{a=`holt_winters(`}", "x{a=`holt_winters(`}"],
])("%s", (query, expected) => {
  expect(withPresentNames(query)).toBe(expected);
  expect(() => parseQuery(query)).not.toThrow();
});
