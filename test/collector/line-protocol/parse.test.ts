import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Precision } from "../../../collector/line-protocol/precision.ts";
import { epochMsOf } from "../../../core/clock.ts";
import { formatPoint } from "../../../core/line-protocol.ts";
import { RECEIVED_AT, readAll } from "./read.ts";
import { parseReference } from "./reference-parser.ts";

const fieldsOf = (body: string) => readAll(body).lines[0]?.fields;

test("a line tells its series, fields, time and where they stand in the body", () => {
  const body = "\n# comment\n  if\\ x,host=h\\,1,a=\\= in=1i,out=2.5 1700000000000 \r\n";
  const [line] = readAll(body).lines;
  expect(line?.series).toEqual({
    measurement: "if x",
    measurementBytes: 5,
    tags: [
      { key: "a", value: "=" },
      { key: "host", value: "h,1" },
    ],
  });
  expect(line?.fields).toEqual([
    { key: "in", kind: "int", value: 1 },
    { key: "out", kind: "float", value: 2.5 },
  ]);
  expect(line?.at).toBe(1_700_000_000_000);
  expect(body.slice(line?.start, line?.fieldsEnd)).toBe("if\\ x,host=h\\,1,a=\\= in=1i,out=2.5");
});

test("lines of one measurement may have other fields of the same length at the same place", () => {
  const { lines } = readAll("m ab=1,cd=2\nm cd=1,ab=2\nm ab=1,ce=2\nm a=1\nm abc=1");
  const keys = lines.map((line) => line.fields.map((field) => field.key).join());
  expect(keys).toEqual(["ab,cd", "cd,ab", "ab,ce", "a", "abc"]);
});

describe("values", () => {
  test.each([
    ["1", "float", 1],
    ["-0.5", "float", -0.5],
    ["1.", "float", 1],
    [".5", "float", 0.5],
    ["1e3", "float", 1000],
    ["1E-3", "float", 0.001],
    ["0.1234567890123456789", "float", 0.12345678901234568],
    ["9223372036854775807i", "int", 2 ** 63],
    ["-9223372036854775808i", "int", -(2 ** 63)],
    ["0007i", "int", 7],
    ["18446744073709551615u", "uint", 2 ** 64],
    ["t", "boolean", true],
    ["FALSE", "boolean", false],
    ['"a \\"b\\" \\\\ \\n,=\nc"', "string", 'a "b" \\ \\n,=\nc'],
    ['""', "string", ""],
  ])("%s is a %s", (text, kind, value) => {
    expect(fieldsOf(`m f=${text} 1`)).toEqual([{ key: "f", kind, value }]);
  });

  test("of a negative zero the sign is kept in a float and not in an integer", () => {
    expect(fieldsOf("m f=-0")?.[0]?.value).toBe(-0);
    expect(fieldsOf("m f=-0i")?.[0]?.value).toBe(0);
  });
});

describe("what is refused, and where", () => {
  test.each([
    ["m", 1, 2, "missing fields"],
    ["m ", 1, 3, "missing fields"],
    [",a=b f=1", 1, 1, "missing measurement"],
    ["m,a f=1", 1, 4, "missing = and value of the tag"],
    ["m,a= f=1", 1, 5, "missing tag value"],
    ["m,=b f=1", 1, 3, "missing tag key"],
    ["m, f=1", 1, 3, "missing tag key"],
    ["m,a=b,a=c f=1", 1, 7, "duplicate tags"],
    ["m,a=b=c f=1", 1, 6, "an = inside a tag value must be written \\="],
    ["m,a=b\tc f=1", 1, 6, "control character"],
    ["m f", 1, 3, "missing = and value of the field"],
    ["m =1", 1, 3, "missing field key"],
    ["m f=1, 1", 1, 7, "missing field key"],
    ["m f= 1", 1, 5, "missing field value"],
    ["m f=NaN", 1, 5, "the field value is neither a number, a boolean nor a quoted string"],
    ["m f=Inf", 1, 5, "the field value is neither a number, a boolean nor a quoted string"],
    ["m f=-inf", 1, 5, "the number is malformed"],
    ["m f=+1", 1, 5, "the field value is neither a number, a boolean nor a quoted string"],
    ["m f=tRUE", 1, 5, "the field value is neither a number, a boolean nor a quoted string"],
    ["m f=truest", 1, 5, "the field value is neither a number, a boolean nor a quoted string"],
    ["m f=1.2.3", 1, 5, "the number is malformed"],
    ["m f=1e", 1, 5, "the number is malformed"],
    ["m f=.", 1, 5, "the number has no digits"],
    ["m f=1e400", 1, 5, "the number does not fit into 64 bits"],
    ["m f=9223372036854775808i", 1, 5, "the integer does not fit into 64 bits"],
    ["m f=-9223372036854775809i", 1, 5, "the integer does not fit into 64 bits"],
    ["m f=18446744073709551616u", 1, 5, "the integer does not fit into 64 bits"],
    ["m f=-1u", 1, 5, "the integer has something else than digits"],
    ["m f=-i", 1, 5, "the integer has no digits"],
    ['m f="a', 1, 5, "the string has no closing quote"],
    ['m f="a"b 1', 1, 8, "something follows the string"],
    ["m f=1 x", 1, 7, "the timestamp is not a whole number"],
    ["m f=1 -", 1, 7, "missing digits of the timestamp"],
    ["m f=1 1 2", 1, 9, "something follows the timestamp"],
    ["m f=1 9223372036854", 1, 7, "the timestamp is out of range: look at the precision"],
    ["m f=1\r", 1, 5, "the number is malformed"],
    ["ok f=1\n\nm f=1,g=x 1", 3, 9, "the field value is neither a number, a boolean nor a quoted string"],
    ['ok f="a\nb"\nm,é=1,x f=1', 3, 9, "missing = and value of the tag"],
  ])("%j at line %i column %i: %s", (body, line, column, message) => {
    expect(readAll(body).problems).toEqual([expect.objectContaining({ line, column, message })]);
  });

  test("invalid UTF-8 is refused where it begins, in its line only", () => {
    const body = Buffer.concat([Buffer.from("a f=1\nm,t="), Buffer.from([0xc3, 0x28]), Buffer.from(" f=1\nb f=1")]);
    const { lines, problems } = readAll(body);
    expect(lines.map((line) => line.series.measurement)).toEqual(["a", "b"]);
    expect(problems).toEqual([expect.objectContaining({ line: 2, column: 5, message: "not valid UTF-8" })]);
  });

  test("a line longer than the limit, or with more tags or fields, is refused alone", () => {
    const limits = { lineBytes: 20, seriesKeyBytes: 30, tags: 1, fields: 1 };
    const body = "m f=1\nm,a=1,b=2 f=1\nm f=1,g=2\nmeasurement-too-long f=1\nn f=1";
    const { lines, problems } = readAll(body, "ms", limits);
    expect(lines.map((line) => line.series.measurement)).toEqual(["m", "n"]);
    expect(problems.map((problem) => problem.message)).toEqual([
      "more than 1 tags",
      "more than 1 fields",
      "longer than 20 bytes",
    ]);
  });

  test("a line whose measurement and tags are longer than 4 KB is refused alone", () => {
    const { lines, problems } = readAll(`m,t=${"x".repeat(4_092)} f=1\nm,t=${"x".repeat(4_093)} f=1\nn f=1`);
    expect(lines.map((line) => line.series.measurement)).toEqual(["m", "n"]);
    expect(problems).toEqual([
      expect.objectContaining({ line: 2, column: 1, message: "measurement and tags are longer than 4096 bytes" }),
    ]);
  });
});

describe("time", () => {
  test.each<[string, Precision, number]>([
    ["1700000000123456789", "ns", 1_700_000_000_123],
    ["-1", "ns", -1],
    ["-1000000", "ns", -1],
    ["-1000001", "ns", -2],
    ["999999", "ns", 0],
    ["1700000000123456", "us", 1_700_000_000_123],
    ["1700000000123", "ms", 1_700_000_000_123],
    ["1700000000", "s", 1_700_000_000_000],
    ["28333333", "m", 1_699_999_980_000],
    ["472222", "h", 1_699_999_200_000],
  ])("%s in %s is %i ms, rounded down", (text, precision, ms) => {
    expect(readAll(`m f=1 ${text}`, precision).lines[0]?.at).toBe(ms);
  });

  test("a line without a time has the time it was received at", () => {
    expect(readAll("m f=1").lines[0]?.at).toBe(RECEIVED_AT);
  });
});

describe("good lines survive bad ones", () => {
  test.each([
    ["an unknown value", "m f=nonsense"],
    ["a quote that never closes", 'm f="nonsense'],
    ["a bad value before a string with a newline", 'm f=bad,g="x\ny" 1'],
    ["only a measurement", "m"],
    ["a trailing backslash", "m\\"],
  ])("%s", (_name, bad) => {
    const { lines, problems } = readAll(`a f=1 1\n${bad}\nb f=1 1\r\nc f=1 1`);
    expect(lines.map((line) => line.series.measurement)).toEqual(["a", "b", "c"]);
    expect(problems).toHaveLength(1);
  });
});

/** Lines near the grammar: pieces that belong there, in any order, with what breaks them. */
const pieces = fc.constantFrom(
  ...'m,=, ,\\,",#,a,f=1,host=h,f=,1i,2u,t,true,1.5e3,-,.5,é, f=1, 1700000000000,"x\\"y",9223372036854775808i,\t'.split(
    ",",
  ),
  ",",
  "\r",
  "m,a=b f=1 1",
);
const nearLines = fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join(""));

describe("laws", () => {
  test("it reads what the slow, obvious parser reads, and refuses what that refuses", () => {
    const wanted = nearLines.filter((line) => line.trim() !== "" && !/^[ \t]*#/.test(line) && !line.endsWith("\r"));
    fc.assert(
      fc.property(wanted, (text) => {
        const expected = parseReference(text.replace(/^[ \t]+/, ""));
        const { lines } = readAll(text);
        const inRange = expected?.time === undefined || Math.abs(Number(expected.time)) <= 9_223_372_036_853;
        if (expected === undefined || !inRange) {
          expect(lines).toEqual([]);
          return;
        }
        expect(lines).toHaveLength(1);
        expect(lines[0]).toMatchObject({
          series: { measurement: expected.measurement, tags: expected.tags },
          fields: expected.fields,
          at: expected.time === undefined ? RECEIVED_AT : Number(expected.time),
        });
      }),
      { numRuns: 20_000 },
    );
  });

  test("any bytes are read to the end, and every line lies behind the one before", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const { lines, problems } = readAll(Buffer.from(bytes));
        let end = 0;
        for (const line of [...lines, ...problems].sort((a, b) => a.start - b.start)) {
          expect(line.start).toBeGreaterThanOrEqual(end);
          expect(line.end).toBeGreaterThan(line.start);
          end = line.end;
        }
      }),
      { numRuns: 3_000 },
    );
  });

  test("what formatPoint writes is read back as it was", () => {
    const name = fc
      .string({ unit: "grapheme", minLength: 1, maxLength: 12 })
      .filter((text) => !/\p{Cc}|\\$|^[ #]/u.test(text));
    const value = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((float) => float + 0),
      fc.boolean(),
      fc.string({ unit: "grapheme" }),
      fc.maxSafeInteger().map((int) => ({ int })),
    );
    const point = fc.record({
      measurement: name,
      tags: fc.dictionary(name, name, { maxKeys: 5 }),
      fields: fc.dictionary(name, value, { minKeys: 1, maxKeys: 5 }),
      at: fc.integer({ min: -1e12, max: 4e12 }).map(epochMsOf),
    });
    fc.assert(
      fc.property(point, ({ measurement, tags, fields, at }) => {
        const { lines, problems } = readAll(formatPoint({ measurement, tags, fields, at }) ?? "");
        expect(problems).toEqual([]);
        const [line] = lines;
        expect(line?.series.measurement).toBe(measurement);
        expect(Object.fromEntries(line?.series.tags.map((tag) => [tag.key, tag.value]) ?? [])).toEqual({ ...tags });
        const read = line?.fields.map((field) => [
          field.key,
          field.kind === "int" ? { int: field.value } : field.value,
        ]);
        expect(read).toEqual(
          Object.entries(fields).map(([key, v]) => [key, typeof v === "object" ? { int: v.int + 0 } : v]),
        );
        expect(line?.at).toBe(at);
      }),
      { numRuns: 3_000 },
    );
  });
});
