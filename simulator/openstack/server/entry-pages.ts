import type { Entry, Register } from "../register.ts";

/** Entries of one page, in the order of the list, and whether there are more beyond it. */
export interface EntryPage {
  readonly entries: readonly Entry[];
  readonly hasMore: boolean;
}

export interface PageRequest {
  readonly marker: Entry | undefined;
  readonly limit: number;
  readonly isBackwards?: boolean | undefined;
  /** What the list leaves out. */
  readonly keeps?: ((entry: Entry) => boolean) | undefined;
}

/** Costs what is on the page, and what `keeps` leaves out before it is full. */
export function pageOf(register: Register, { marker, limit, isBackwards = false, keeps }: PageRequest): EntryPage {
  const entries: Entry[] = [];
  let hasMore = false;
  for (const entry of register.after(marker, isBackwards)) {
    if (keeps !== undefined && !keeps(entry)) continue;
    if (entries.length >= limit) {
      hasMore = true;
      break;
    }
    entries.push(entry);
  }
  return { entries: isBackwards ? entries.reverse() : entries, hasMore };
}
