import { BACKSLASH, COMMA, EQUALS } from "./ascii.ts";
import { type Fault, faultAt, type SeriesKey, type Tag } from "./line.ts";

/**
 * Reads measurement and tags between two bytes of a body. As in InfluxDB 1.x a comma, an equals sign or a space counts
 * for nothing when the byte before it is a backslash; `\=` stays as it is in a measurement.
 */
export function readSeriesKey(body: Buffer, start: number, end: number, maxTags: number): SeriesKey | Fault {
  const measurementEnd = nextUnescaped(body, start, end, COMMA);
  if (measurementEnd === start) return faultAt(start, "missing measurement");
  const tags: Tag[] = [];
  let at = measurementEnd;
  while (at < end) {
    if (tags.length === maxTags) return faultAt(at, `more than ${maxTags} tags`);
    const keyStart = at + 1;
    const tagEnd = nextUnescaped(body, keyStart, end, COMMA);
    const tag = readTag(body, keyStart, tagEnd);
    if ("kind" in tag) return tag;
    const twin = tags.some((other) => other.key === tag.key);
    if (twin) return faultAt(keyStart, "duplicate tags");
    tags.push(tag);
    at = tagEnd;
  }
  tags.sort((a, b) => (a.key < b.key ? -1 : 1));
  const measurement = decode(body, start, measurementEnd).replace(/\\([, ])/g, "$1");
  return { measurement, tags, measurementBytes: measurementEnd - start };
}

function readTag(body: Buffer, start: number, end: number): Tag | Fault {
  const equals = nextUnescaped(body, start, end, EQUALS);
  if (equals === start || start >= end) return faultAt(start, "missing tag key");
  if (equals === end) return faultAt(end, "missing = and value of the tag");
  if (equals + 1 === end) return faultAt(end, "missing tag value");
  const second = nextUnescaped(body, equals + 1, end, EQUALS);
  if (second < end) return faultAt(second, "an = inside a tag value must be written \\=");
  return { key: decodeKey(body, start, equals), value: decodeKey(body, equals + 1, end) };
}

/** A tag key, tag value or field key. */
export function decodeKey(body: Buffer, start: number, end: number): string {
  const text = decode(body, start, end);
  return text.includes("\\") ? text.replace(/\\([,= ])/g, "$1") : text;
}

function nextUnescaped(body: Buffer, start: number, end: number, byte: number): number {
  for (let i = start; i < end; i++) {
    if (body[i] === byte && (i === start || body[i - 1] !== BACKSLASH)) return i;
  }
  return end;
}

/** Most names are short and ASCII, where one pass beats a call into the runtime's UTF-8 decoder. */
export function decode(body: Buffer, start: number, end: number): string {
  for (let i = start; i < end; i++) {
    if ((body[i] ?? 0) >= 0x80) return body.toString("utf8", start, end);
  }
  return body.toString("latin1", start, end);
}
