import { parseDuration } from "../core/duration.ts";

/** Reads the literals of PromQL. Undefined means: not such a literal. */

/** A number as PromQL writes it: decimal, hexadecimal, octal, `Inf`, `NaN`, `1_000`; a duration is its seconds. */
export function parseNumber(text: string): number | undefined {
  const durationMs = parseDuration(text);
  if (durationMs !== undefined) return durationMs / 1_000;
  const plain = text.replaceAll("_", "").toLowerCase();
  if (plain === "inf") return Number.POSITIVE_INFINITY;
  if (plain === "nan") return Number.NaN;
  if (/^0[0-7]+$/.test(plain)) return Number.parseInt(plain, 8);
  const value = Number(plain);
  return plain === "" || Number.isNaN(value) ? undefined : value;
}

/** The value of a quoted string, with Go's escapes; backticks quote without escapes. */
export function parseQuoted(text: string): string | undefined {
  const quote = text[0];
  if (text.length < 2 || quote === undefined || text.at(-1) !== quote) return undefined;
  const body = text.slice(1, -1);
  if (quote === "`") return body;
  let valid = !/(^|[^\\])(\\\\)*\\$/.test(body);
  const value = body.replace(ESCAPE, (sequence: string) => {
    const unescaped = unescapedText(sequence, quote);
    if (unescaped === undefined) valid = false;
    return unescaped ?? "";
  });
  return valid ? value : undefined;
}

const ESCAPE = /\\(?:[0-7]{3}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[\s\S])/g;

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
};

function unescapedText(sequence: string, quote: string): string | undefined {
  const body = sequence.slice(1);
  if (body === quote) return quote;
  if (/^[0-7]{3}$/.test(body)) return codePoint(Number.parseInt(body, 8));
  if (/^[xuU][0-9a-fA-F]+$/.test(body)) return codePoint(Number.parseInt(body.slice(1), 16));
  return SIMPLE_ESCAPES[body];
}

function codePoint(code: number): string | undefined {
  return code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : undefined;
}
