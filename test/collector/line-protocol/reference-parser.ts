import type { Field } from "./read.ts";

export interface ReferenceLine {
  readonly measurement: string;
  readonly tags: readonly { readonly key: string; readonly value: string }[];
  readonly fields: readonly Field[];
  /** Digits as written. */
  readonly time: string | undefined;
}

/**
 * One line of line protocol read the slow, obvious way: cut at separators that no backslash precedes, then look at each
 * piece. Undefined for a bad line. Knows nothing of limits, UTF-8, comments and precision.
 */
export function parseReference(line: string): ReferenceLine | undefined {
  const [head, rest] = cut(line, " ");
  if (rest === undefined || hasControl(head)) return undefined;
  const [measurement, ...tagTexts] = split(head, ",");
  if (measurement === undefined || measurement === "") return undefined;
  const tags = tagTexts.map((text) => {
    const parts = split(text, "=");
    return parts.length === 2 && parts.every((part) => part !== "")
      ? { key: unescapeKey(parts[0] ?? ""), value: unescapeKey(parts[1] ?? "") }
      : undefined;
  });
  if (!tags.every((tag) => tag !== undefined)) return undefined;
  if (new Set(tags.map((tag) => tag.key)).size !== tags.length) return undefined;
  const body = readFields(rest.replace(/^ +/, ""));
  if (body === undefined) return undefined;
  const time = body.rest.replace(/^ +| +$/g, "");
  if (!/^(-?[0-9]+)?$/.test(time)) return undefined;
  return {
    measurement: measurement.replace(/\\([, ])/g, "$1"),
    tags: tags.toSorted((a, b) => (a.key < b.key ? -1 : 1)),
    fields: body.fields,
    time: time === "" ? undefined : time,
  };
}

function readFields(text: string): { fields: Field[]; rest: string } | undefined {
  const fields: Field[] = [];
  let rest = text;
  for (;;) {
    const [key, value] = cut(rest, "=");
    if (key === "" || value === undefined || hasControl(key) || split(key, ",").length > 1) return undefined;
    if (split(key, " ").length > 1) return undefined;
    const end = value.startsWith('"') ? quotedLength(value) : /^[^, ]*/.exec(value)?.[0].length;
    if (end === undefined) return undefined;
    const field = readValue(unescapeKey(key), value.slice(0, end));
    if (field === undefined) return undefined;
    fields.push(field);
    rest = value.slice(end);
    if (rest !== "" && rest[0] !== "," && rest[0] !== " ") return undefined;
    if (rest[0] !== ",") return { fields, rest };
    rest = rest.slice(1);
  }
}

function readValue(key: string, text: string): Field | undefined {
  if (text.startsWith('"')) return { key, kind: "string", value: text.slice(1, -1).replace(/\\(["\\])/g, "$1") };
  if (/^(t|T|true|True|TRUE)$/.test(text)) return { key, kind: "boolean", value: true };
  if (/^(f|F|false|False|FALSE)$/.test(text)) return { key, kind: "boolean", value: false };
  if (/^-?[0-9]+i$/.test(text)) {
    const exact = BigInt(text.slice(0, -1));
    return BigInt.asIntN(64, exact) === exact ? { key, kind: "int", value: Number(exact) } : undefined;
  }
  if (/^[0-9]+u$/.test(text)) {
    const exact = BigInt(text.slice(0, -1));
    return BigInt.asUintN(64, exact) === exact ? { key, kind: "uint", value: Number(exact) } : undefined;
  }
  if (!/^-?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$/.test(text)) return undefined;
  return Number.isFinite(Number(text)) ? { key, kind: "float", value: Number(text) } : undefined;
}

/** Length with both quotes. */
function quotedLength(text: string): number | undefined {
  return /^"(?:\\["\\]|[^"])*?"/s.exec(text.replace(/\\[\\"]/g, "__"))?.[0].length;
}

function hasControl(text: string): boolean {
  return [...text].some((character) => character < " " || character === "\u007f");
}

function unescapeKey(text: string): string {
  return text.replace(/\\([,= ])/g, "$1");
}

/** At the first separator without a backslash before it. */
function cut(text: string, separator: string): [string, string | undefined] {
  for (let i = 0; i < text.length; i++) {
    if (text[i] === separator && text[i - 1] !== "\\") return [text.slice(0, i), text.slice(i + 1)];
  }
  return [text, undefined];
}

function split(text: string, separator: string): string[] {
  const [first, rest] = cut(text, separator);
  return rest === undefined ? [first] : [first, ...split(rest, separator)];
}
