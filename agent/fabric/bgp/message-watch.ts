/**
 * For how long no message has come from each peer. A daemon tells how many came; when the number has not moved for some
 * time, no message came for at least that time. A peer seen for the first time begins at 0.
 */
export interface MessageWatch {
  /** In seconds; undefined for a peer that was not in the last reading. */
  age(key: string): number | undefined;
  /** Takes in the numbers of all peers, by key. */
  see(counts: ReadonlyMap<string, number>, nowMs: number): void;
}

export function createMessageWatch(): MessageWatch {
  let known: ReadonlyMap<string, { readonly count: number; readonly sinceMs: number }> = new Map();
  let nowMs = 0;
  return {
    age(key) {
      const it = known.get(key);
      return it === undefined ? undefined : Math.round((nowMs - it.sinceMs) / 100) / 10;
    },
    see(counts, atMs) {
      nowMs = atMs;
      const before = known;
      known = new Map(
        Array.from(counts, ([key, count]) => {
          const was = before.get(key);
          return [key, was?.count === count ? was : { count, sinceMs: atMs }];
        }),
      );
    },
  };
}
