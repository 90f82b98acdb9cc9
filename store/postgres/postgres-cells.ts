import type { SqlCell } from "../sql-database.ts";

/** Object ids of PostgreSQL's own types, the same on every server. Source: src/include/catalog/pg_type.dat. */
const TYPE = { bytea: 17, int8: 20, int2: 21, int4: 23, numeric: 1700 } as const;

/** How the text of a cell of a type is read: whole numbers as number where that is exact, else as bigint; NULL never comes here. */
export function readCell(typeId: number): (text: string) => string | number | bigint | Uint8Array {
  switch (typeId) {
    case TYPE.int2:
    case TYPE.int4:
      return Number;
    case TYPE.int8:
    case TYPE.numeric:
      return wholeNumber;
    case TYPE.bytea:
      return bytes;
    default:
      return String;
  }
}

function wholeNumber(text: string): number | bigint {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}

/** The server writes `\x` and hexadecimal digits (bytea_output, its default since version 9). */
function bytes(text: string): Uint8Array {
  return Buffer.from(text.slice(2), "hex");
}

/** As an element of an array parameter. */
export function arrayItem(cell: SqlCell): string | number | Buffer | null {
  if (cell === undefined) return null;
  if (typeof cell === "string") return storableText(cell);
  return cell instanceof Uint8Array ? Buffer.from(cell.buffer, cell.byteOffset, cell.byteLength) : cell;
}

/** PostgreSQL's text holds every character but NUL: the mark of an unreadable one stands in its place. */
export function storableText(text: string): string {
  return text.includes("\0") ? text.replaceAll("\0", "\uFFFD") : text;
}

/** About how much a cell takes on the wire. */
export function cellBytes(cell: unknown): number {
  if (typeof cell === "string") return cell.length;
  return cell instanceof Uint8Array ? 2 * cell.length : 8;
}

/** A whole number of our own making. Throws a RangeError for anything else. */
export function numberIn(cell: unknown): number {
  if (typeof cell === "number") return cell;
  throw new RangeError(`a number should be here, not ${typeof cell}`);
}
