import { expect, test } from "vitest";
import { checkPromql } from "../../../alerts/rules/presence.ts";

test.each([
  ["a / b > 0.75", "(a / b)"],
  ["0.75 < a", "(a)"],
  ["1 - 0.25 < a", "(a)"],
  ["a == 0 and b[5m] offset 1m == 1", undefined],
  ["a == 0 and max_over_time(a[6h]) == 1", "((a))"],
  ["a unless b", "(a)"],
  ["a or b > 2", "a or (b)"],
  ["count by (x) (up == 0) > 3", "(count by (x) ((up)))"],
  ["topk(3, a > 5)", "(a)"],
  ["-(a > 3) * 2 > 1", "(-(a) * 2)"],
  ["max_over_time((a > 3)[5m:1m]) > 1", "(max_over_time((a)[5m:1m]))"],
  ["a > bool 3 == 1", "(a > bool 3)"],
  ['label_replace(a > 1, "x", "$1", "y", "(.*)")', 'label_replace((a), "x", "$1", "y", "(.*)")'],
  ["a > on(x) group_left(f) b", undefined],
  ["absent(a)", undefined],
  ["absent_over_time(a[5m]) > 0", undefined],
  ['count_values("v", a) > 1', undefined],
  ["a", undefined],
])("the data of %s are there when %s is", (expr, presence) => {
  const checked = checkPromql(expr);
  if (checked.kind === "bad") return expect([checked.message, presence]).toEqual([expect.any(String), undefined]);
  expect(checked.presence).toBe(presence);
  if (presence !== undefined) expect(checkPromql(presence).kind).toBe("ok");
});

test.each(["a >", "a[5m]", '"text"', ""])("%j is not an expression for a rule", (expr) => {
  expect(checkPromql(expr)).toMatchObject({ kind: "bad", message: expect.any(String) });
});
