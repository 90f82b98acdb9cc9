import { monitorEventLoopDelay } from "node:perf_hooks";

export interface LoopWatch {
  reset(): void;
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
  return {
    reset: () => {
      delay.reset();
      mostOwnMs = 0;
    },
    text: () =>
      `loop delay p99 ${ms(delay.percentile(99))} worst ${ms(delay.max)}, own work at most ${mostOwnMs.toFixed(0)} ms`,
    stop: () => {
      delay.disable();
      clearInterval(timer);
    },
  };
}

function ms(nanoseconds: number): string {
  return (nanoseconds / 1e6).toFixed(0);
}
