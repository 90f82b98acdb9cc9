// Decimal digits four at a time, in a word of four bytes whose first is the lowest.

/** How many digits the word begins with: 0 to 4. */
export function leadingDigits(word: number): number {
  const digits = word ^ 0x3030_3030;
  // A byte of more than 9 has its highest bit set in one of the two.
  const others = ((digits + 0x7676_7676) | digits) & 0x8080_8080;
  return others === 0 ? 4 : (31 - Math.clz32(others & -others)) >> 3;
}

/** The number that the first `count` digits are; `count` is 1 to 4. */
export function fourDigits(word: number, count: number): number {
  const digits = (word ^ 0x3030_3030) << (32 - 8 * count);
  const pairs = (Math.imul(digits, 10) + (digits >>> 8)) & 0x00ff_00ff;
  return (pairs & 0xff) * 100 + (pairs >>> 16);
}
