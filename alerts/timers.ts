/** What wakes the engine up. Tests hand in simulated time. */
export interface Timers {
  /** Calls `run` once after this long; the function returned calls it off. */
  after(delayMs: number, run: () => void): () => void;
}

/** Node cannot wait longer in one go. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;

export const systemTimers: Timers = {
  after: (delayMs, run) => {
    const timer = setTimeout(run, Math.min(Math.max(delayMs, 0), LONGEST_DELAY_MS));
    return () => clearTimeout(timer);
  },
};

/**
 * Runs `task` with a signal that aborts when `outer` does or the time is up, and settles then at the latest, whether
 * the task heeds its signal or not. Errors: those of the task; `outOfTime` when the time is up; AbortError.
 */
export async function withDeadline<T>(
  limit: { readonly timers: Timers; readonly ms: number; readonly outer: AbortSignal; readonly outOfTime: () => Error },
  task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const stop = () => controller.abort(limit.outer.reason);
  const cancelTimer = limit.timers.after(limit.ms, () => controller.abort(limit.outOfTime()));
  limit.outer.addEventListener("abort", stop, { once: true });
  if (limit.outer.aborted) stop();
  const aborted = new Promise<never>((_resolve, reject) => {
    if (controller.signal.aborted) reject(controller.signal.reason);
    controller.signal.addEventListener("abort", () => reject(controller.signal.reason), { once: true });
  });
  try {
    return await Promise.race([task(controller.signal), aborted]);
  } finally {
    cancelTimer();
    limit.outer.removeEventListener("abort", stop);
  }
}

/** Runs a task again and again, each time so long after it ended. `stop` resolves when it no longer runs. */
export function every(timers: Timers, periodMs: number, task: () => Promise<void>): { stop(): Promise<void> } {
  let running: Promise<void> = Promise.resolve();
  let isStopped = false;
  let cancel = () => {};
  const plan = () => {
    if (isStopped) return;
    cancel = timers.after(periodMs, () => {
      running = task().then(plan);
    });
  };
  plan();
  return {
    stop: async () => {
      isStopped = true;
      cancel();
      await running;
    },
  };
}
