import { recordingTurns } from "../../topology/recording-turns.ts";

/** Some microseconds each. */
const AT_ONCE = 64;

/** What each item comes to, of those that come to something; of many, others get their turn in between. */
export async function mappedInTurns<T, R>(
  items: readonly T[],
  resultOf: (item: T) => R | undefined,
): Promise<readonly R[]> {
  const results: R[] = [];
  for (const [place, item] of items.entries()) {
    if (place % AT_ONCE === 0 && recordingTurns.isOver()) await recordingTurns.next();
    const result = resultOf(item);
    if (result !== undefined) results.push(result);
  }
  return results;
}
