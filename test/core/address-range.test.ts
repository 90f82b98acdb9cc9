import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type AddressRange, commonAddresses, parseAddressRange } from "../../core/address-range.ts";

describe("addresses from the first to the last", () => {
  test.each([
    ["10.0.0.2-10.0.0.254", { family: 4, first: 167_772_162n, last: 167_772_414n }],
    ["10.0.0.2 - 10.0.0.3", { family: 4, first: 167_772_162n, last: 167_772_163n }],
    ["10.0.0.77/30", { family: 4, first: 167_772_236n, last: 167_772_239n }],
    ["10.0.0.1", { family: 4, first: 167_772_161n, last: 167_772_161n }],
    ["::1-::ff", { family: 6, first: 1n, last: 255n }],
    ["fd00::/127", { family: 6, first: 0xfd00n << 112n, last: (0xfd00n << 112n) + 1n }],
  ] as const)("%s", (text, expected) => {
    expect(parseAddressRange(text)).toEqual(expected);
  });

  test.each([
    "",
    "-",
    "10.0.0",
    "10.0.0.256",
    "10.0.0.2-10.0.0.1",
    "10.0.0.1-::1",
    "10.0.0.0/33",
    "1:2",
    "::1::",
    "pool",
  ])("%j is none", (text) => {
    expect(parseAddressRange(text)).toBeUndefined();
  });
});

const small = fc.tuple(fc.nat({ max: 40 }), fc.nat({ max: 40 })).map(([a, b]): AddressRange => {
  return { family: 4, first: BigInt(Math.min(a, b)), last: BigInt(Math.max(a, b)) };
});

test("what two ranges have in common is what counting finds", () => {
  fc.assert(
    fc.property(small, small, (one, other) => {
      let count = 0n;
      for (let at = one.first; at <= one.last; at++) if (at >= other.first && at <= other.last) count++;
      expect(commonAddresses(one, other)).toBe(count);
      expect(commonAddresses(other, one)).toBe(count);
    }),
  );
});
