import type { Parts, RowPart } from "./parts.ts";
import type { RecentParts } from "./recent-parts.ts";

// The last minutes are asked for most, and are in memory as rows that are not sealed yet. Where memory is scarce, they must not all leave it at
// once: when the parts that rows go to have taken half of it, the next rows go to other parts; and when nearly all of it is taken, the
// oldest of those that were closed before are sealed, each table's. So about a third of the memory is always of the newest rows.

const CLOSED_FROM = 1 / 2;
const SEALED_FROM = 0.85;
/** A part with less of what all have is not worth one of its own. */
const LEAST_SHARE = 1 / 64;

/** `present` are rows of hours that go on, as in the functions below. Those that have become large. */
export function partsToClose(
  present: readonly RowPart[],
  parts: Pick<Parts, "isClosed">,
  recent: Pick<RecentParts, "bytesOf" | "maxBytes">,
): readonly RowPart[] {
  const open = present.filter((part) => !parts.isClosed(part));
  const bytes = open.reduce((sum, part) => sum + recent.bytesOf(part), 0);
  if (bytes === 0 || bytes < recent.maxBytes * CLOSED_FROM) return [];
  return open.filter((part) => recent.bytesOf(part) >= bytes * LEAST_SHARE);
}

/** The oldest of each table that no rows come to, when there is too much. */
export function partsToSeal(
  present: readonly RowPart[],
  parts: Pick<Parts, "isClosed">,
  recent: Pick<RecentParts, "bytes" | "bytesOf" | "maxBytes">,
): readonly RowPart[] {
  if (recent.bytes < recent.maxBytes * SEALED_FROM) return [];
  const oldest = new Map<string, RowPart>();
  for (const part of present) {
    if (!parts.isClosed(part) || recent.bytesOf(part) === 0) continue;
    const known = oldest.get(part.table);
    if (known === undefined || isBefore(part, known)) oldest.set(part.table, part);
  }
  return [...oldest.values()];
}

function isBefore(part: RowPart, other: RowPart): boolean {
  return part.hour < other.hour || (part.hour === other.hour && part.generation < other.generation);
}
