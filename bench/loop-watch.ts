import { monitorEventLoopDelay } from "node:perf_hooks";

/** How long the event loop was held since the last reset, in milliseconds. */
export interface LoopFigures {
  readonly p99Ms: number;
  readonly worstMs: number;
  /** The most this thread worked between two turns. */
  readonly ownWorstMs: number;
}

export interface LoopWatch {
  reset(): void;
  figures(): LoopFigures;
  /** How long the event loop was held since the last reset, for people. */
  text(): string;
  stop(): void;
}

/**
 * Watches the event loop. On a busy machine a delay is often the scheduler's, who gave the processor to somebody else: so it
 * also tells the most processor time this thread spent between two turns, which no neighbour adds to.
 */
export function watchLoop(): LoopWatch {
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  let mostOwnMs = 0;
  let before = process.threadCpuUsage();
  const timer = setInterval(() => {
    const spent = process.threadCpuUsage(before);
    before = process.threadCpuUsage();
    mostOwnMs = Math.max(mostOwnMs, (spent.user + spent.system) / 1e3);
  }, 5);
  const figures = (): LoopFigures => ({
    p99Ms: delay.percentile(99) / 1e6,
    worstMs: delay.max / 1e6,
    ownWorstMs: mostOwnMs,
  });
  return {
    reset: () => {
      delay.reset();
      mostOwnMs = 0;
    },
    figures,
    text: () => {
      const { p99Ms, worstMs, ownWorstMs } = figures();
      return `loop delay p99 ${p99Ms.toFixed(0)} worst ${worstMs.toFixed(0)}, own work at most ${ownWorstMs.toFixed(0)} ms`;
    },
    stop: () => {
      delay.disable();
      clearInterval(timer);
    },
  };
}
