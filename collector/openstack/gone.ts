import type { ElementId } from "../../core/element-id.ts";
import type { ListedKind, Teller } from "./teller.ts";

/** A list of ids is asked for at each look while it is no longer than this, a longer one so many times less often. */
const IDS_EACH_LOOK = 1_000;
const MOST_GONE = 50;

/** In how many looks a list of so many ids is asked for once. */
export function looksBetween(count: number): number {
  return Math.max(1, Math.ceil(count / IDS_EACH_LOOK));
}

/**
 * What a list of ids lacks, as uuids: `known` before it was asked for, `seen` in it. So many at once are for a whole reading to judge:
 * then none.
 */
export function likelyGone(
  teller: Pick<Teller, "goneOf">,
  { prefix }: ListedKind,
  known: ReadonlySet<ElementId>,
  seen: ReadonlySet<ElementId>,
): readonly string[] {
  const gone = teller.goneOf(known, seen);
  return gone.length <= MOST_GONE || gone.length * 2 <= known.size ? gone.map((id) => id.slice(prefix.length)) : [];
}
