import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { OperatorError } from "../../../core/errors.ts";
import { stepsOf } from "../../../topology/query/gremlin/check.ts";
import { parseTraversal } from "../../../topology/query/gremlin/parse.ts";
import { type Call, printTraversal, type Traversal, type Value } from "../../../topology/query/gremlin/syntax.ts";

const name = fc.stringMatching(/^[A-Za-z_]\w{0,8}$/).filter((text) => text.toUpperCase() !== "G");
const word = name.filter((text) => text === text.toUpperCase());
const { value } = fc.letrec<{ value: Value; call: Call }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.string({ unit: "grapheme" }).map((text): Value => ({ kind: "text", text })),
    fc
      .constantFrom("it's", "both \"'", "back\\slash", "\\", "\\'", "C:\\\\x")
      .map((text): Value => ({ kind: "text", text })),
    fc.integer().map((number): Value => ({ kind: "number", number })),
    word.map((text): Value => ({ kind: "word", word: text, position: 0 })),
    tie("call").map((call): Value => ({ kind: "call", call })),
  ),
  call: fc.record({ name, values: fc.array(tie("value"), { maxLength: 3 }), position: fc.constant(0) }),
}));
const call = fc.oneof(
  fc.record({ name, values: fc.array(value, { maxLength: 4 }), position: fc.constant(0) }),
  fc.constant<Call>({ name: "G", values: [], position: 0 }),
);
const traversal: fc.Arbitrary<Traversal> = fc.array(call, { maxLength: 6 }).map((calls) => ({ calls }));

function withoutPositions(parsed: Traversal): unknown {
  return JSON.parse(JSON.stringify(parsed, (key, item: unknown) => (key === "position" ? 0 : item)));
}

describe("Gremlin text", () => {
  test("what is printed is read again as it was", () => {
    fc.assert(
      fc.property(traversal, (written) => {
        expect(withoutPositions(parseTraversal(printTraversal(written)))).toEqual(withoutPositions(written));
      }),
    );
  });

  test.each([
    ["g.v().count()", "g.V().Count()"],
    ["G().V()", "G.V()"],
    ['G.V().Has("Name", "x")', "G.V().Has('Name', 'x')"],
    [" G . V ( ) \n .Has( 'Name' ,'x')", "G.V().Has('Name', 'x')"],
  ])("%s is the same as %s", (one, other) => {
    expect(kinds(one)).toEqual(kinds(other));
  });

  test("a backslash before anything but a quote or a backslash is itself", () => {
    const parsed = parseTraversal(String.raw`G.V().Has('Name', Regex('a\.b\\c\'d\d'))`);
    expect(JSON.stringify(parsed)).toContain(JSON.stringify(String.raw`a\.b\c'd\d`));
  });

  const problems: readonly (readonly [query: string, character: number, message: RegExp])[] = [
    ["", 1, /begins with G; the query ends here/],
    ["V()", 1, /begins with G; found "V"/],
    ["G.V()Has('a')", 6, /expected `\.` and a step/],
    ["G.V().", 7, /expected the name of a step/],
    ["G.V", 4, /expected `\(` after V/],
    ["G.V().Has('Name' 'x')", 18, /expected `,` or `\)` in Has/],
    ["G.V().Has('Name", 11, /no closing '/],
    ["G.V().Has(,)", 11, /expected a text in quotes/],
    ["G.V(#)", 5, /"#" means nothing here/],
    ["G.V().Nonsense()", 7, /there is no step Nonsense/],
    ["G.V().constructor()", 7, /there is no step constructor/],
    ["G.V().Has('Name')('x')", 18, /expected `\.`/],
    ["G.V().Has('Name', Bogus(1))", 19, /there is no predicate Bogus/],
    ["G.V().Has('Name', 'x', 'MTU')", 7, /in pairs/],
    ["G.V().Has()", 7, /takes a key and a value/],
    ["G.V().Has('MTU', GT('x'))", 18, /takes numbers/],
    ["G.V().Has('Name', Regex('('))", 19, /not valid/],
    ["G.V().Has('Name', Regex('(?=a)'))", 19, /look-around/],
    ["G.V().Has('Name', Regex('(a)\\1'))", 19, /back references/],
    ["G.V().Has('IPV4', IPV4RANGE('10.0.0.0'))", 19, /is not a network/],
    ["G.V().Limit(-1)", 7, /whole numbers/],
    ["G.V().Range(1)", 7, /takes 2 values/],
    ["G.V().Count('x')", 7, /takes nothing/],
    ["G.V().Sort(UP, 'x')", 7, /ASC or DESC/],
    ["G.At()", 3, /takes one value/],
    ["G.At(FOREVER)", 3, /takes a moment/],
    ["G.V().ShortestPathTo('x')", 7, /Metadata/],
  ];
  test.each(problems)("%s is refused at character %i", (query, character, message) => {
    const error = problemOf(query);
    expect(error.message).toMatch(message);
    expect(error.message).toContain(`(at character ${character})`);
    expect(error).toMatchObject({ code: "gremlin.invalid", status: 400 });
  });

  const refusals: readonly (readonly [query: string, what: RegExp, instead: RegExp])[] = [
    ["G.Flows()", /step Flows/, /metrics/],
    ["G.V().Metrics().Aggregates(10)", /step Metrics/, /PromQL/],
    ["G.V().Sockets()", /step Sockets/, /metric/],
    ["G.V().NextHop('10.0.0.1')", /step NextHop/, /ShortestPathTo/],
    ["G.V().CaptureNode()", /step CaptureNode/, /not captured/],
    ["G.Flows().RawPackets()", /step Flows/, /not captured/],
    ["G.V().BPF('tcp')", /step BPF/, /not captured/],
    ["G.V().Has('@Revision', 2)", /no @Revision/, /history/],
    ["G.V().Values('Metric.RxBytes')", /no Metric.RxBytes/, /metrics/],
    ["G.At('-1m', 3600).V()", /with a duration/, /Diff/],
  ];
  test.each(refusals)("%s is refused and says what to use instead", (query, what, instead) => {
    const error = problemOf(query);
    expect(error.message).toMatch(what);
    expect(error.hint).toMatch(instead);
    expect(error).toMatchObject({ code: "gremlin.unsupported", status: 400 });
  });

  test.each([
    ["NOW", "now"],
    ["'-5m'", "now-5m"],
    ["'-1h30m'", "now-1h30m"],
    ["1700000000", "1700000000"],
    ["'Tue, 14 Nov 2023 22:13:20 GMT'", "1700000000000"],
    ["'2026-01-31T02:41:00Z'", "2026-01-31T02:41:00Z"],
    ["'before-upgrade'", "before-upgrade"],
    ["'main@r12'", "main@r12"],
  ])("At(%s) is the moment %s", (written, moment) => {
    expect(stepsOf(parseTraversal(`G.At(${written}).V()`))[0]).toMatchObject({ kind: "at", moment });
    expect(stepsOf(parseTraversal(`G.Context(${written}).V()`))[0]).toMatchObject({ kind: "at", moment });
  });
});

function kinds(query: string): unknown {
  return stepsOf(parseTraversal(query)).map(({ position: _, name: __, ...step }) => step);
}

function problemOf(query: string): OperatorError {
  try {
    stepsOf(parseTraversal(query));
  } catch (error) {
    if (error instanceof OperatorError) return error;
    throw error;
  }
  throw new Error(`${query} was accepted`);
}
