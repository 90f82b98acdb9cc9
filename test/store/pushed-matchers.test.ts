import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LabelMatcher } from "../../core/series.ts";
import { anchoredPattern } from "../../promql/matcher.ts";
import { conditionOf, identifier } from "../../store/influxdb/influxql.ts";
import { matchesEmpty, pushedMatcher } from "../../store/pushed-matchers.ts";
import { selectorOf } from "../../store/victoria-metrics/selector.ts";

const regex = (source: string, kind: "=~" | "!~" = "=~"): LabelMatcher => ({
  kind,
  name: "a",
  pattern: anchoredPattern(source),
});

describe("patterns that a store with RE2 is told", () => {
  test.each([
    ["a|b", "a|b"],
    ["tap.*", "(?s)tap.*"],
    ["node-1\\.example", "node-1\\.example"],
    ["[a-z0-9_]{1,5}", "[a-z0-9_]{1,5}"],
    ["eth\\d+", "eth\\d+"],
    ["/srv/.+", "(?s)\\/srv\\/.+"],
    ["(?:x|y)+z?", "(?:x|y)+z?"],
    ["[[:alpha:]]", "[A-Za-z]"],
  ])("%s", (source, text) => expect(pushedMatcher(regex(source))).toEqual({ kind: "=~", name: "a", text }));

  test.each(["(?i)a", "(?P<n>a)", "\\s", "\\w", "\\bx", "é", "a{1000}", "\\x41", "[\\d-z]", "a\\nb"])(
    "%s is for us alone",
    (source) => expect(pushedMatcher(regex(source))).toBeUndefined(),
  );
});

test.each<[LabelMatcher, boolean]>([
  [{ kind: "=", name: "a", value: "" }, true],
  [{ kind: "=", name: "a", value: "x" }, false],
  [{ kind: "!=", name: "a", value: "" }, false],
  [{ kind: "!=", name: "a", value: "x" }, true],
  [regex("x?"), true],
  [regex("x"), false],
  [regex("x", "!~"), true],
  [regex(".*", "!~"), false],
])("an absent label may match %j: %s", (matcher, expected) => expect(matchesEmpty(matcher)).toBe(expected));

describe("in InfluxQL", () => {
  const where = { retentionPolicy: undefined, knowsAbsentTags: true };
  const of = (matchers: readonly LabelMatcher[], knowsAbsentTags = true): string =>
    conditionOf(matchers, { from: 1, to: 2 }, { ...where, knowsAbsentTags }).replace(
      /^time >= 1ms AND time < 3ms/,
      "…",
    );

  test.each<[readonly LabelMatcher[], string]>([
    [[{ kind: "=", name: "host", value: "a" }], "… AND \"host\"::tag = 'a'"],
    [[{ kind: "=", name: 'h"o\\st\n', value: "it's \\ \n" }], "… AND \"h\\\"o\\\\st\\n\"::tag = 'it\\'s \\\\ \\n'"],
    [[{ kind: "=", name: "host", value: "" }], "…"],
    [[{ kind: "!=", name: "host", value: "a" }], "… AND \"host\"::tag != 'a'"],
    [[{ kind: "!=", name: "host", value: "" }], "… AND \"host\"::tag != ''"],
    [[regex("x/[/]")], '… AND "a"::tag =~ /^(?:x\\/[\\/])$/'],
    [[regex("x?")], "…"],
    [[regex("\\s")], "…"],
  ])("%j", (matchers, expected) => expect(of(matchers)).toBe(expected));

  test("what an InfluxDB may think of an absent tag is left to us where it is not known", () => {
    expect(of([{ kind: "!=", name: "a", value: "x" }, regex("x", "!~")], false)).toBe("…");
  });

  test("nothing in a name or a value ends its quotes", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('"', "'", "\\", "\n", "/", ";", "a", " ") }), (text) => {
        // A quoted part, as InfluxQL's scanner reads one: up to the first quote without a backslash before it.
        expect(/^"(?:[^"\\\n]|\\[\\"n])*"$/.test(identifier(text))).toBe(true);
        const literal = of([{ kind: "=", name: "a", value: `x${text}` }]).slice('… AND "a"::tag = '.length);
        expect(/^'(?:[^'\\\n]|\\[\\'n])*'$/.test(literal)).toBe(true);
      }),
    );
  });
});

test.each<[readonly LabelMatcher[], string]>([
  [[], '{__name__!=""}'],
  [[{ kind: "=", name: "__name__", value: "a" }], '{__name__="a",__name__!=""}'],
  [[{ kind: "!=", name: "h", value: 'a"\\\n\u0001' }], '{h!="a\\"\\\\\\n\\u0001",__name__!=""}'],
  [[{ kind: "=", name: "no name", value: "x" }], '{__name__!=""}'],
  [[regex("a\\.b", "!~")], '{a!~"a\\\\.b",__name__!=""}'],
])("VictoriaMetrics is asked for %j", (matchers, expected) => expect(selectorOf(matchers)).toBe(expected));
