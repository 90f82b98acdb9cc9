import { constants, PerformanceObserver } from "node:perf_hooks";

export interface CollectorWatch {
  reset(): void;
  /** How often, and how long in all, V8's garbage collector stopped this thread, for people. */
  text(): Promise<string>;
  stop(): void;
}

/** Watches V8's garbage collector. What it does beside the thread is not in it, but in the processor time of the process. */
export function watchCollector(): CollectorWatch {
  let [wholes, wholeMs, youngMs] = [0, 0, 0];
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { duration } = entry;
      if (isWhole("detail" in entry ? entry.detail : undefined)) {
        wholes += 1;
        wholeMs += duration;
      } else youngMs += duration;
    }
  });
  observer.observe({ entryTypes: ["gc"] });
  return {
    reset: () => {
      [wholes, wholeMs, youngMs] = [0, 0, 0];
    },
    text: async () => {
      // Entries come a turn late.
      await new Promise((resolve) => setTimeout(resolve, 20));
      return `the heap marked ${wholes} times, ${wholeMs.toFixed(0)} ms; young ones ${youngMs.toFixed(0)} ms`;
    },
    stop: () => observer.disconnect(),
  };
}

function isWhole(detail: unknown): boolean {
  if (typeof detail !== "object" || detail === null || !("kind" in detail)) return false;
  return (
    detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR || detail.kind === constants.NODE_PERFORMANCE_GC_INCREMENTAL
  );
}

/** Keeps so many objects alive, as the topology of a cloud does: marking the heap takes as long as it is large. */
export function livingElements(count: number): ReadonlyMap<string, object> {
  return new Map(
    Array.from({ length: count }, (_, i) => {
      const attributes = { name: `tap${i}`, mtu: 1_500, state: i % 7 === 0 ? "down" : "up", mac: `fa:16:3e:${i}` };
      return [`element-${i}`, { id: `element-${i}`, kind: "interface", attributes, neighbours: [i, i + 1] }];
    }),
  );
}
