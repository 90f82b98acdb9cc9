import { type EpochMs, epochMsOf } from "../../core/clock.ts";
import { type ElementId, parseElementId } from "../../core/element-id.ts";
import { OperatorError } from "../../core/errors.ts";

/** A value as the database gives it. */
export type Cell = unknown;

export function numberCell(cell: Cell): number {
  if (typeof cell === "bigint" || typeof cell === "number") return Number(cell);
  throw damaged("number", cell);
}

export function timeCell(cell: Cell): EpochMs {
  return epochMsOf(numberCell(cell));
}

/** Undefined for NULL, as the greatest of no rows is. */
export function optionalTimeCell(cell: Cell): EpochMs | undefined {
  return cell === null || cell === undefined ? undefined : timeCell(cell);
}

export function textCell(cell: Cell): string {
  if (typeof cell === "string") return cell;
  throw damaged("text", cell);
}

export function blobCell(cell: Cell): Uint8Array {
  if (cell instanceof Uint8Array) return cell;
  throw damaged("bytes", cell);
}

/** An id that was checked when it was written; blocks have a checksum. */
export function storedId(text: string): ElementId {
  return text as ElementId;
}

export function idCell(cell: Cell): ElementId {
  const id = parseElementId(textCell(cell));
  if (id === undefined) throw damaged("element id", cell);
  return id;
}

/** What is stored is not what was written. */
export function damaged(what: string, found: unknown): OperatorError {
  const shown = String(JSON.stringify(found, bigintAsText)).slice(0, 200);
  return new OperatorError({
    code: "store.damaged",
    message: `the stored history is damaged: no ${what} in ${shown}`,
    hint: "put a backup of the database in its place",
    status: 503,
  });
}

function bigintAsText(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}
