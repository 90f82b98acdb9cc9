import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fourDigits, leadingDigits } from "../../../collector/line-protocol/digits.ts";
import { readAll } from "./read.ts";
import { parseReference } from "./reference-parser.ts";

// Lines as agents send them again and again go a way of their own (`plain-fields.ts`): it must read what the slow, obvious parser
// reads, also of lines that differ from a plain one in a byte.

const KEYS = ["a", "rx", "tx_drop", "time_waited", "rx_bytes_total"];
/** Read before, so that series, keys and their places are expected; and behind, so that the end of the body is far. */
const BEFORE = `net,host=h1,if=eth0 ${KEYS.map((key) => `${key}=1`).join(",")} 1790000000000\n`;
const BEHIND = `m ${"x".repeat(64)}=1 1\n`;

const digits = (most: number) =>
  fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: most }).map((all) => all.join(""));
const number = fc.oneof(
  digits(16),
  digits(19).map((whole) => `${whole}i`),
  fc.tuple(digits(12), digits(8)).map(([whole, fraction]) => `${whole}.${fraction}`),
  fc.constantFrom(
    "0",
    "-0",
    "-0i",
    "0.0",
    "-0.5",
    ".5",
    "5.",
    "-.5",
    "999999999999999",
    "9007199254740993",
    "1e3",
    "-",
    ".",
  ),
);
const signed = fc.tuple(fc.constantFrom("", "", "-"), number).map(([sign, text]) => sign + text);
const time = fc.oneof(
  digits(14),
  fc.integer({ min: 1e12, max: 1e13 - 1 }).map(String),
  fc.constantFrom("9223372036853", "9223372036854", "999999999999"),
);
const plain = fc
  .record({ values: fc.array(signed, { minLength: 1, maxLength: KEYS.length }), time })
  .map(({ values, time: at }) => {
    const fields = values.map((value, place) => `${KEYS[place]}=${value}`);
    return `net,host=h1,if=eth0 ${fields.join(",")} ${at}`;
  });
/** Bytes that differ from a digit by little, and those that mean something. */
const OTHERS = "/:;0159 ,.-+=iuet\\\u007f";
const mutated = fc.tuple(plain, fc.nat(), fc.constantFrom(...OTHERS)).map(([line, at, byte]) => {
  const place = at % line.length;
  return line.slice(0, place) + byte + line.slice(place + 1);
});

function agrees(text: string): void {
  const expected = parseReference(text.trimStart());
  const { lines, problems } = readAll(`${BEFORE}${text}\n${BEHIND}`);
  const isInRange = expected?.time === undefined || Math.abs(Number(expected.time)) <= 9_223_372_036_853;
  if (expected === undefined || !isInRange) {
    expect(lines).toHaveLength(2);
    expect(problems).toHaveLength(1);
    return;
  }
  expect(problems).toEqual([]);
  expect(lines[1]).toMatchObject({
    series: { measurement: expected.measurement, tags: expected.tags },
    fields: expected.fields,
    // The time -0 is 0.
    ...(expected.time === undefined ? {} : { at: Number(expected.time) + 0 }),
  });
}

describe("plain lines", () => {
  test("are read as the slow, obvious parser reads them", () => {
    fc.assert(fc.property(plain, agrees), { numRuns: 10_000 });
  });

  test("with a byte that is otherwise are read, or refused, as the slow parser does", () => {
    fc.assert(fc.property(mutated, agrees), { numRuns: 20_000 });
  });

  test("are read alike wherever the body ends behind them", () => {
    const line =
      "net,host=h1,if=eth0 a=1234567,rx=0.25,tx_drop=17i,time_waited=-3,rx_bytes_total=123456789012i 1790000000123";
    const whole = readAll(`${BEFORE}${line}\n${BEHIND}`).lines[1];
    for (const behind of ["", "\n", "\r\n", "\n\n", "\n#", "\nm a=1 1", `\n${"#".repeat(40)}`]) {
      expect(readAll(`${BEFORE}${line}${behind}`).lines[1]).toEqual(whole);
    }
  });
});

describe("four digits at a time", () => {
  const wordOf = (text: string) => Buffer.from(text, "latin1").readInt32LE();

  test("each byte is a digit, or none", () => {
    for (let byte = 0; byte < 256; byte++) {
      for (let place = 0; place < 4; place++) {
        const text = `${"7".repeat(place)}${String.fromCharCode(byte)}${"9".repeat(3 - place)}`;
        expect(leadingDigits(wordOf(text))).toBe(/^[0-9]*/.exec(text)?.[0].length);
      }
    }
  });

  test("every number of up to four digits is itself, whatever stands behind it", () => {
    for (let count = 1; count <= 4; count++) {
      for (let number = 0; number < 10 ** count; number++) {
        const text = String(number).padStart(count, "0") + "\u00ff,z".slice(0, 4 - count);
        expect(fourDigits(wordOf(text), count)).toBe(number);
      }
    }
  });
});
