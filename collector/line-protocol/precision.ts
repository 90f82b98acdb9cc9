/** Units of the times in a body. Source: InfluxDB 1.x `/write` (n, u, ms, s, m, h) and 2.x `/api/v2/write` (ns, us, ms, s). */
export const PRECISIONS = ["ns", "us", "ms", "s", "m", "h"] as const;
export type Precision = (typeof PRECISIONS)[number];

const SPELLINGS: { readonly [text: string]: Precision } = {
  "": "ns",
  n: "ns",
  ns: "ns",
  u: "us",
  us: "us",
  µ: "us",
  ms: "ms",
  s: "s",
  m: "m",
  h: "h",
};

/** Nanoseconds when nothing is said; undefined for a unit nobody knows. */
export function parsePrecision(text: string | undefined): Precision | undefined {
  return Object.hasOwn(SPELLINGS, text ?? "") ? SPELLINGS[text ?? ""] : undefined;
}

/** Digits to cut off the right, then milliseconds per unit. */
const SCALE: { readonly [precision in Precision]: readonly [digits: number, factor: number] } = {
  ns: [6, 1],
  us: [3, 1],
  ms: [0, 1],
  s: [0, 1_000],
  m: [0, 60_000],
  h: [0, 3_600_000],
};

/** What fits into 64 bits of nanoseconds: the years 1677 to 2262. */
export const MAX_TIME_MS = 9_223_372_036_853;

/**
 * Epoch milliseconds, rounded down, of a time written as decimal digits with or without a minus.
 * A text says what is wrong with it.
 */
export function timeMs(body: Buffer, start: number, end: number, precision: Precision): number | string {
  const negative = body[start] === 0x2d;
  const digitsStart = negative ? start + 1 : start;
  if (digitsStart >= end) return "missing digits of the timestamp";
  for (let i = digitsStart; i < end; i++) {
    if (!isDigit(body[i])) return "the timestamp is not a whole number";
  }
  const [cut, factor] = SCALE[precision];
  const cutAt = Math.max(digitsStart, end - cut);
  let ms = 0;
  for (let i = digitsStart; i < cutAt; i++) ms = ms * 10 + digitOf(body[i]);
  ms *= factor;
  if (negative && hasNonZero(body, cutAt, end)) ms += 1;
  if (ms > MAX_TIME_MS) return "the timestamp is out of range: look at the precision";
  return negative && ms !== 0 ? -ms : ms;
}

export function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

function digitOf(byte: number | undefined): number {
  return (byte ?? 0x30) - 0x30;
}

function hasNonZero(body: Buffer, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (body[i] !== 0x30) return true;
  return false;
}
