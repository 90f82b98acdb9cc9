import { describe, expect, test } from "vitest";
import { OperatorError } from "../../core/errors.ts";
import type { Expr } from "../../promql/ast.ts";
import { parseQuery } from "../../promql/parse.ts";

/** The tree with every grouping shown by parentheses. */
function shape(expr: Expr): string {
  switch (expr.kind) {
    case "number":
      return String(expr.value);
    case "string":
      return JSON.stringify(expr.value);
    case "selector": {
      const matchers = expr.matchers.map((m) => `${m.name}${m.kind}${"value" in m ? m.value : m.pattern.source}`);
      const at = expr.at === undefined ? "" : ` @ ${expr.at.kind === "instant" ? expr.at.atMs : expr.at.kind}`;
      return `{${matchers.join(",")}}${expr.offsetMs === 0 ? "" : ` offset ${expr.offsetMs}`}${at}`;
    }
    case "range":
      return `${shape(expr.selector)}[${expr.rangeMs}]`;
    case "subquery":
      return `${shape(expr.expr)}[${expr.rangeMs}:${expr.stepMs ?? ""}]`;
    case "unary":
      return `(${expr.op}${shape(expr.operand)})`;
    case "binary":
      return `(${shape(expr.left)} ${expr.op}${expr.bool ? " bool" : ""} ${shape(expr.right)})`;
    case "aggregation":
      return `${expr.op}(${[expr.parameter, expr.expr].flatMap((e) => (e === undefined ? [] : [shape(e)])).join(", ")})`;
    case "call":
      return `${expr.name}(${expr.args.map(shape).join(", ")})`;
  }
}

const name = (metric: string) => `{__name__=${metric}}`;
const [A, B, C] = [name("a"), name("b"), name("c")];

describe("operators group as in Prometheus", () => {
  test.each([
    ["-2^2", "(-(2 ^ 2))"],
    ["2^-1^2", "(2 ^ (-(1 ^ 2)))"],
    ["a ^ b ^ c", `(${A} ^ (${B} ^ ${C}))`],
    ["a - b - c", `((${A} - ${B}) - ${C})`],
    ["a + b * c", `(${A} + (${B} * ${C}))`],
    ["a atan2 b * c", `((${A} atan2 ${B}) * ${C})`],
    ["-a * b", `((-${A}) * ${B})`],
    ["a or b and c", `(${A} or (${B} and ${C}))`],
    ["a AND b UNLESS c", `((${A} and ${B}) unless ${C})`],
    ["a > b + 1 and c", `((${A} > (${B} + 1)) and ${C})`],
    ["(a + b) * c", `((${A} + ${B}) * ${C})`],
    ["1 - -2", "(1 - (-2))"],
    ["a == bool 1", `(${A} == bool 1)`],
  ])("%s", (query, expected) => {
    expect(shape(parseQuery(query))).toBe(expected);
  });
});

describe("offset, @ and ranges belong to the operand before them", () => {
  test.each([
    ["a + b offset 5m * c", `(${A} + (${B} offset 300000 * ${C}))`],
    ["-a offset -1h", `(-${A} offset -3600000)`],
    ["a @ 5 > b @ end()", `(${A} @ 5000 > ${B} @ end)`],
    ["rate(a[5m] offset 1m @ start())", `rate(${A} offset 60000 @ start[300000])`],
    ["sum_over_time((a + b)[1h:1m])", `sum_over_time((${A} + ${B})[3600000:60000])`],
    ["max_over_time(rate(a[1m])[1h:])", `max_over_time(rate(${A}[60000])[3600000:])`],
  ])("%s", (query, expected) => {
    expect(shape(parseQuery(query))).toBe(expected);
  });
});

describe("literals", () => {
  test.each([
    ["1_000", "1000"],
    ["0x1F", "31"],
    ["1e3", "1000"],
    [".5", "0.5"],
    ["1h30m", "5400"],
    ["+Inf", "(+Infinity)"],
    ["nan", "NaN"],
    ['"a\\n\\x41\\u00e9\\"b"', '"a\\nAé\\"b"'],
    ["'it\\'s'", '"it\'s"'],
    ["`\\d`", '"\\\\d"'],
    ['{"with.dots", x="1"}', "{__name__=with.dots,x=1}"],
    ["a # a comment", A],
  ])("%s", (query, expected) => {
    expect(shape(parseQuery(query))).toBe(expected);
  });
});

describe("a wrong query is refused with its place", () => {
  test.each([
    ["", "1:1: no expression found in input"],
    ["sum(", "1:5: unexpected end of input"],
    ["a b", '1:3: unexpected "b"'],
    ["sum\n  (a\n  + b c)", '3:7: unexpected "c"'],
    ["frobnicate(a)", '1:1: unknown function with name "frobnicate"'],
    ["1 + info(a)", '1:5: unknown function with name "info"'],
    ["rate(a)", '1:6: expected type range vector in call to function "rate", got instant vector'],
    ["abs(a[5m])", '1:5: expected type instant vector in call to function "abs", got range vector'],
    ["clamp(a, 1)", '1:1: expected 3 argument(s) in call to "clamp", got 2'],
    ["a + b[5m]", "1:5: binary expression must contain only expressions of type scalar or instant vector"],
    ['-"x"', "1:2: unary expression only allowed on expressions of type scalar or instant vector"],
    ["1 > 2", "1:1: comparisons between scalars must use BOOL modifier"],
    ["a + bool b", "1:1: bool modifier can only be used on comparison operators"],
    ["a and 1", '1:1: set operator "and" not allowed in binary scalar expression'],
    ["a + on(x) 1", "1:1: vector matching only allowed between instant vectors"],
    ["a and on(x) group_left b", '1:1: no grouping allowed for "and" operation'],
    ["a + on(x) group_left(x) b", '1:1: label "x" must not occur in ON and GROUP clause at once'],
    ['{x=""}', "1:1: vector selector must contain at least one non-empty matcher"],
    ['{x=~".*"}', "1:1: vector selector must contain at least one non-empty matcher"],
    ['a{__name__="b"}', "1:1: metric name must not be set twice"],
    ['a{x=~"("}', '1:6: error parsing regular expression "("'],
    ['a{x=~"a(?!b)"}', "look-around is not part of RE2"],
    ["(a + b)[5m]", "1:1: ranges only allowed for vector selectors"],
    ["sum(a) offset 5m", "1:1: offset modifier must be preceded by"],
    ["a offset 1m offset 2m", "1:1: offset may not be set multiple times"],
    ["a[0s]", "1:3: duration must be greater than 0"],
    ["topk(a, b)", "1:6: expected type scalar in aggregation parameter, got instant vector"],
    ["sum(a, b)", "1:1: wrong number of arguments for aggregate expression"],
    ["limitk(2, a)", "1:1: aggregation limitk is experimental and not supported"],
    [`a + ${"1 + ".repeat(500)}1`, "more than 400 operators"],
    [`a{x="${"x".repeat(20_000)}"}`, "1:1: query is longer than"],
  ])("%s", (query, message) => {
    let refused: unknown;
    try {
      parseQuery(query);
    } catch (error) {
      refused = error;
    }
    expect(refused).toBeInstanceOf(OperatorError);
    expect(refused).toMatchObject({ code: "promql.invalid", status: 400, message: expect.stringContaining(message) });
  });
});
