import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ExpositionPage, type PageFormat } from "../../../collector/pull/exposition/page.ts";
import { parseReference, type ReferenceSample } from "./reference-exposition.ts";

/** All samples of a page, or what is wrong with it. */
function read(page: string | Buffer, format: PageFormat = "text"): readonly ReferenceSample[] | string {
  const reader = new ExpositionPage(Buffer.from(page), format);
  const samples: ReferenceSample[] = [];
  for (let next = reader.next(); next !== undefined; next = reader.next()) {
    if (next !== "sample") return `${next.line}: ${next.message}`;
    const series = reader.series();
    if ("kind" in series) {
      const { line, message } = reader.problem(series);
      return `${line}: ${message}`;
    }
    const labels = series.labels.toSorted(([a], [b]) => (a < b ? -1 : 1));
    const value = Object.is(reader.value, -0) ? "-0" : String(reader.value);
    samples.push([JSON.stringify([series.name, ...labels]), value, reader.atMs]);
  }
  return samples;
}

const valueRead = (text: string) => {
  const samples = read(`m ${text}\n`);
  return typeof samples === "string" ? samples : samples[0]?.[1];
};

test("a page's comments are passed over, and its samples tell name, labels, value and time", () => {
  const page = `# HELP http_requests_total The total number of HTTP requests.
# TYPE http_requests_total counter
http_requests_total{method="post",code="200"} 1027 1395066363000
http_requests_total{method="post",code="400"}    3 1395066363000

# Escaping in label values:
msdos_file_access_time_seconds{path="C:\\\\DIR\\\\FILE.TXT",error="Cannot find file:\\n\\"FILE.TXT\\""} 1.458255915e9
metric_without_timestamp_and_labels 12.47
something_weird{problem="division by zero"} +Inf -3982045
\thttp_request_duration_seconds_bucket {le="+Inf",} 144320\t
rpc_duration_seconds{ quantile = "0.01" , empty="" } NaN
rpc_duration_seconds_count 2693
# EOF`;
  expect(read(page)).toEqual([
    ['["http_requests_total",["code","200"],["method","post"]]', "1027", 1395066363000],
    ['["http_requests_total",["code","400"],["method","post"]]', "3", 1395066363000],
    [
      JSON.stringify([
        "msdos_file_access_time_seconds",
        ["error", 'Cannot find file:\n"FILE.TXT"'],
        ["path", "C:\\DIR\\FILE.TXT"],
      ]),
      "1458255915",
      undefined,
    ],
    ['["metric_without_timestamp_and_labels"]', "12.47", undefined],
    ['["something_weird",["problem","division by zero"]]', "Infinity", -3982045],
    ['["http_request_duration_seconds_bucket",["le","+Inf"]]', "144320", undefined],
    ['["rpc_duration_seconds",["quantile","0.01"]]', "NaN", undefined],
    ['["rpc_duration_seconds_count"]', "2693", undefined],
  ]);
});

describe("values are read as Go reads them", () => {
  test.each([
    ["1", "1"],
    ["-0", "-0"],
    ["+5", "5"],
    ["1.", "1"],
    [".5", "0.5"],
    ["0.1234567890123456789", "0.12345678901234568"],
    ["123456789012345678", "123456789012345680"],
    ["4.8e-324", "5e-324"],
    ["1e-400", "0"],
    ["1.7976931348623157e308", "1.7976931348623157e+308"],
    ["inf", "Infinity"],
    ["-Infinity", "-Infinity"],
    ["nan", "NaN"],
  ])("%s is %s", (text, value) => expect(valueRead(text)).toBe(value));

  test.each(["1e999", "0x1p3", "0x10", "1_000", "+NaN", "infin", "--1", ".", "e5", "1e", "1.2.3", "a", "1\r"])(
    "%j is none",
    (text) => expect(valueRead(text)).toBe("1: no number of 64 bits"),
  );
});

describe("a page that is not in the format is refused with the line", () => {
  test.each([
    ["ok 1\nok 2\n1bad 3\n", "3: a metric's name is expected"],
    ['# x\nm{a="b" 1\n', "2: the labels have no end"],
    ['m{a="b\n"} 1\n', "1: the labels have no end"],
    ['m{a="b",a="c"} 1\n', "1: the label a stands twice"],
    ['m{a="b" c="d"} 1\n', "1: , or } is expected behind a label"],
    ["m{,} 1\n", "1: a label's name is expected"],
    ['m{a:b="c"} 1\n', "1: = is expected behind a label's name"],
    ["m{a=b} 1\n", '1: a label\'s value is expected in " "'],
    ["m\n", "1: { or a blank is expected behind the metric's name"],
    ["m \n", "1: the value is missing"],
    ["m-x 1\n", "1: { or a blank is expected behind the metric's name"],
    ["m 1 2.5\n", "1: no time"],
    ["m 1 99999999999999999\n", "1: no time"],
    ["m 1 2 3\n", "1: something follows the time"],
  ])("%j", (page, problem) => expect(read(page)).toBe(problem));

  test("also when it is not UTF-8", () => {
    expect(read(Buffer.from([0x6d, 0x20, 0xff, 0x0a]))).toBe("1: the page is not UTF-8");
  });
});

test("of OpenMetrics times are seconds, and exemplars are passed over", () => {
  const page = 'm_bucket{le="0.1"} 8 1700000000.5 # {trace_id="a b"} 0.067\nm_total 17 # {x="y"} 1\n# EOF\n';
  expect(read(page, "openmetrics")).toEqual([
    ['["m_bucket",["le","0.1"]]', "8", 1_700_000_000_500],
    ['["m_total"]', "17", undefined],
  ]);
});

const blank = fc.constantFrom("", " ", "\t", "  ");
const gap = fc.constantFrom(" ", "\t", " \t");
const name = fc.stringMatching(/^[a-zA-Z_:][a-zA-Z0-9_:]{0,8}$/);
const labelName = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,4}$/);
const labelText = fc
  .array(
    fc.oneof(
      fc.constantFrom("\\\\", '\\"', "\\n", "\\t", "{", "}", ",", "=", "#", " "),
      fc.string({ unit: "grapheme", maxLength: 2 }),
    ),
    { maxLength: 6 },
  )
  .map((parts) =>
    parts.map((part) => (part.length > 1 && part.startsWith("\\") ? part : part.replace(/["\\\n]/g, "_"))).join(""),
  );
const label = fc
  .tuple(blank, labelName, blank, blank, labelText, blank)
  .map(([a, key, b, c, value, d]) => `${a}${key}${b}=${c}"${value}"${d}`);
const labels = fc
  .tuple(fc.array(label, { maxLength: 4 }), fc.boolean())
  .map(([list, comma]) => `{${list.join(",")}${comma && list.length > 0 ? "," : ""}}`);
const number = fc.oneof(
  fc.double().map(String),
  fc.integer().map(String),
  fc.constantFrom("NaN", "+Inf", "-Inf", "1e999", ".5", "-0", "0x1", "1.", "nan", "infinity"),
);
const time = fc.oneof(
  fc.constant(""),
  fc.tuple(gap, fc.integer()).map(([space, at]) => `${space}${at}`),
);
const sample = fc
  .tuple(
    blank,
    name,
    fc.oneof(
      gap,
      fc.tuple(blank, labels, blank).map((parts) => parts.join("")),
    ),
    number,
    time,
    blank,
  )
  .map((parts) => parts.join(""));
const comment = fc.string({ unit: "grapheme", maxLength: 8 }).map((text) => `# ${text.replace(/\n/g, "")}`);
const page = fc
  .array(
    fc.oneof({ weight: 6, arbitrary: sample }, { weight: 1, arbitrary: comment }, { weight: 1, arbitrary: blank }),
    { maxLength: 6 },
  )
  .map((lines) => lines.join("\n"));

test("what is read is what a slow and obvious parser reads", () => {
  let good = 0;
  fc.assert(
    fc.property(page, (text) => {
      const expected = parseReference(text);
      if (expected !== undefined && expected.length > 0) good++;
      const found = read(text);
      if (expected === undefined) expect(found).toBeTypeOf("string");
      else expect(found).toEqual(expected);
    }),
    { numRuns: 3_000 },
  );
  // Else only refusals were compared.
  expect(good).toBeGreaterThan(500);
});

test("a good page with any byte changed, added or taken away is read as the slow parser reads it, or refused", () => {
  const damage = fc.tuple(
    page,
    fc.nat(),
    fc.constantFrom(...'{}",=\\ \n#e.1a-\u0000é\t'),
    fc.constantFrom("set", "add", "cut"),
  );
  fc.assert(
    fc.property(damage, ([text, at, letter, how]) => {
      const place = text.length === 0 ? 0 : at % text.length;
      const middle = how === "cut" ? "" : letter;
      const damaged = text.slice(0, place) + middle + text.slice(how === "add" ? place : place + 1);
      if (!damaged.isWellFormed()) return;
      const expected = parseReference(damaged);
      if (expected === undefined) expect(read(damaged)).toBeTypeOf("string");
      else expect(read(damaged)).toEqual(expected);
    }),
    { numRuns: 5_000 },
  );
});

test("any bytes are read or refused, without an error and without end", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      read(Buffer.from(bytes));
    }),
    { numRuns: 2_000 },
  );
});
