import fc from "fast-check";
import { expect, test } from "vitest";
import { influxLine } from "../../../collector/delivery/influx-line.ts";
import type { Precision } from "../../../collector/line-protocol/precision.ts";
import { epochMsOf } from "../../../core/clock.ts";
import { formatPoint } from "../../../core/line-protocol.ts";
import { RECEIVED_AT, readAll, readerOf } from "../line-protocol/read.ts";

function rewrite(text: string, precision: Precision = "ms"): string | undefined {
  const reader = readerOf(text, precision);
  return reader.nextGood() ? influxLine(Buffer.from(text), reader, "c 1") : undefined;
}

test.each<[string, Precision, string]>([
  ["m v=1 5", "ms", "m,cluster=c\\ 1 v=1 5"],
  ["m v=1", "ms", `m,cluster=c\\ 1 v=1 ${RECEIVED_AT}`],
  ["  m,a=b   v=1   1700000000123456789  \r\n", "ns", "m,cluster=c\\ 1,a=b   v=1 1700000000123"],
  ["m,cluster=own v=1 5", "s", "m,cluster=own v=1 5000"],
  ["m\\,\\ x,a\\ b=é v=1 5", "ms", "m\\,\\ x,cluster=c\\ 1,a\\ b=é v=1 5"],
  ["m a=1u,b=2i,c=t 5", "ms", "m,cluster=c\\ 1 a=1i,b=2i,c=t 5"],
  [
    "m a=9223372036854775807u,b=9223372036854775808u 5",
    "ms",
    "m,cluster=c\\ 1 a=9223372036854775807i,b=9223372036854775808 5",
  ],
  ['m s="x=1u,\\" 2u\n",n\\=1u=3u 5', "ms", 'm,cluster=c\\ 1 s="x=1u,\\" 2u\n",n\\=1u=3i 5'],
])("%j in %s becomes %j", (text, precision, expected) => {
  expect(rewrite(text, precision)).toBe(expected);
});

test("a rewritten line reads as the line it was, with the cluster among its tags", () => {
  const name = fc
    .string({ unit: "grapheme", minLength: 1, maxLength: 8 })
    .filter((text) => !/\p{Cc}|\\$|^[ #]/u.test(text));
  const value = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.string({ unit: "grapheme" }),
  );
  const point = fc.record({
    measurement: name,
    tags: fc.dictionary(
      name.filter((key) => key !== "cluster"),
      name,
      { maxKeys: 4 },
    ),
    fields: fc.dictionary(name, value, { minKeys: 1, maxKeys: 4 }),
    at: fc.integer({ min: 0, max: 4e12 }).map(epochMsOf),
  });
  fc.assert(
    fc.property(point, fc.boolean(), (p, hasUnsigned) => {
      const text = (formatPoint(p) ?? "").replace(/ ([^ ]*)$/, hasUnsigned ? ",unsigned=7u $1" : " $1");
      const [before] = readAll(text).lines;
      const [after] = readAll(rewrite(text) ?? "").lines;
      const cluster = { key: "cluster", value: "c 1" };
      const tags = [...(before?.series.tags ?? []), cluster].sort((a, b) => (a.key < b.key ? -1 : 1));
      expect(after?.series).toMatchObject({ measurement: before?.series.measurement, tags });
      expect(after?.fields).toEqual(
        before?.fields.map((field) => (field.kind === "uint" ? { ...field, kind: "int" } : field)),
      );
      expect(after?.at).toBe(before?.at);
    }),
    { numRuns: 2_000 },
  );
});
