import { setTimeout as wait } from "node:timers/promises";

const EVERY_MS = 1_000;
const LONGEST_MS = 30_000;
/** A rate has an answer when there are two samples. */
const FIRST_SAMPLES_MS = 30_000;

export interface LiveQueries {
  /** Milliseconds each answer took, by query. */
  readonly tookMs: ReadonlyMap<string, readonly number[]>;
  failed(): number;
  stop(): Promise<void>;
}

/** Asks one query a second, one after the other, for the value now. */
export function startLiveQueries(url: string, queries: readonly string[]): LiveQueries {
  const tookMs = new Map<string, number[]>(queries.map((query) => [query, []]));
  const stop = new AbortController();
  const begunMs = performance.now();
  let failed = 0;
  const ask = async (query: string) => {
    const started = performance.now();
    const signal = AbortSignal.timeout(LONGEST_MS);
    const answer = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query })}`, { signal });
    const text = await answer.text();
    const isEarly = started - begunMs < FIRST_SAMPLES_MS;
    if (!answer.ok || (!isEarly && text.includes('"result":[]'))) failed++;
    tookMs.get(query)?.push(performance.now() - started);
  };
  const running = (async () => {
    for (let turn = 0; !stop.signal.aborted; turn++) {
      const begun = performance.now();
      await ask(queries[turn % queries.length] ?? "").catch(() => failed++);
      const restMs = Math.max(0, EVERY_MS - (performance.now() - begun));
      await wait(restMs, undefined, { signal: stop.signal }).catch(() => {});
    }
  })();
  return {
    tookMs,
    failed: () => failed,
    stop: async () => {
      stop.abort();
      await running;
    },
  };
}
