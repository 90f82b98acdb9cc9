import { isDigit } from "./precision.ts";

const BOOLEANS: { readonly [text: string]: boolean } = {
  t: true,
  T: true,
  true: true,
  True: true,
  TRUE: true,
  f: false,
  F: false,
  false: false,
  False: false,
  FALSE: false,
};

export type BareValue =
  | { readonly kind: "float" | "int" | "uint"; readonly value: number }
  | { readonly kind: "boolean"; readonly value: boolean };

/** A field's value that is not a quoted string. A text says what is wrong with it. */
export function bareField(body: Buffer, start: number, end: number): BareValue | string {
  if (start >= end) return "missing field value";
  const last = body[end - 1];
  if (last === 0x69 /* i */ && isNumberStart(body[start])) return integer(body, start, end - 1);
  if (last === 0x75 /* u */ && isNumberStart(body[start])) return unsigned(body, start, end - 1);
  if (isNumberStart(body[start])) return float(body, start, end);
  const text = body.toString("latin1", start, Math.min(end, start + 6));
  if (!Object.hasOwn(BOOLEANS, text)) return "the field value is neither a number, a boolean nor a quoted string";
  return { kind: "boolean", value: BOOLEANS[text] === true };
}

function isNumberStart(byte: number | undefined): boolean {
  return isDigit(byte) || byte === 0x2d || byte === 0x2e;
}

const MAX_INT64 = "9223372036854775807";
const MIN_INT64 = "9223372036854775808";
const MAX_UINT64 = "18446744073709551615";

function integer(body: Buffer, start: number, end: number): BareValue | string {
  const negative = body[start] === 0x2d;
  const value = wholeNumber(body, negative ? start + 1 : start, end, negative ? MIN_INT64 : MAX_INT64);
  if (typeof value === "string") return value;
  return { kind: "int", value: negative && value !== 0 ? -value : value };
}

function unsigned(body: Buffer, start: number, end: number): BareValue | string {
  const value = wholeNumber(body, start, end, MAX_UINT64);
  return typeof value === "string" ? value : { kind: "uint", value };
}

/** Digits only; `max` is the greatest number allowed, compared digit by digit since doubles cannot tell. */
function wholeNumber(body: Buffer, start: number, end: number, max: string): number | string {
  if (start >= end) return "the integer has no digits";
  let value = 0;
  for (let i = start; i < end; i++) {
    const byte = body[i];
    if (byte === undefined || !isDigit(byte)) return "the integer has something else than digits";
    value = value * 10 + (byte - 0x30);
  }
  if (end - start <= 15) return value;
  const digits = body.toString("latin1", start, end).replace(/^0+/, "");
  if (digits.length > max.length || (digits.length === max.length && digits > max)) {
    return "the integer does not fit into 64 bits";
  }
  return Number(digits);
}

export const POWERS_OF_TEN = Array.from({ length: 16 }, (_, exponent) => 10 ** exponent);

/** Up to 15 digits with a point divide exactly; whatever is longer or has an exponent goes through the slow path. */
function float(body: Buffer, start: number, end: number): BareValue | string {
  const negative = body[start] === 0x2d;
  const first = negative ? start + 1 : start;
  let mantissa = 0;
  let digits = 0;
  let point = -1;
  for (let i = first; i < end; i++) {
    const byte = body[i];
    if (byte === 0x2e && point < 0) point = i;
    else if (byte !== undefined && isDigit(byte)) {
      mantissa = mantissa * 10 + (byte - 0x30);
      digits++;
    } else return slowFloat(body, start, end);
  }
  if (digits === 0) return "the number has no digits";
  if (digits > 15) return slowFloat(body, start, end);
  const value = point < 0 ? mantissa : mantissa / (POWERS_OF_TEN[end - 1 - point] ?? 1);
  return { kind: "float", value: negative ? -value : value };
}

const FLOAT = /^-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;

function slowFloat(body: Buffer, start: number, end: number): BareValue | string {
  const text = body.toString("latin1", start, end);
  if (!FLOAT.test(text)) return "the number is malformed";
  const value = Number(text);
  return Number.isFinite(value) ? { kind: "float", value } : "the number does not fit into 64 bits";
}
