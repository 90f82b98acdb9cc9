import { OperatorError } from "../../core/errors.ts";

/** Lets a bounded number of queries run at once; a bounded number of others waits, in order, and the rest is refused. */
export interface QuerySlots {
  /**
   * Runs `job` when there is room. Errors: `<language>.busy` (503) when too many wait already; the signal's reason when it
   * is aborted while waiting; what `job` throws.
   */
  run<T>(signal: AbortSignal, job: () => Promise<T>): Promise<T>;
}

interface SlotLimits {
  readonly running: number;
  readonly waiting: number;
  /** What the queries are written in; `promql` when left out. */
  readonly language?: string | undefined;
}

export function createQuerySlots(limits: SlotLimits): QuerySlots {
  let running = 0;
  const waiting: (() => void)[] = [];

  const turn = (signal: AbortSignal): Promise<void> => {
    signal.throwIfAborted();
    if (running < limits.running) {
      running += 1;
      return Promise.resolve();
    }
    if (waiting.length >= limits.waiting) throw busy(limits);
    return new Promise((resolve, reject) => {
      const start = () => {
        signal.removeEventListener("abort", giveUp);
        resolve();
      };
      const giveUp = () => {
        waiting.splice(waiting.indexOf(start), 1);
        reject(signal.reason);
      };
      signal.addEventListener("abort", giveUp, { once: true });
      waiting.push(start);
    });
  };

  /** The place goes to whoever waits longest, so `running` changes only when nobody does. */
  const leave = (): void => {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  };

  return {
    async run(signal, job) {
      await turn(signal);
      try {
        return await job();
      } finally {
        leave();
      }
    },
  };
}

function busy({ running, waiting, language = "promql" }: SlotLimits): OperatorError {
  return new OperatorError({
    code: `${language}.busy`,
    message: `${running} queries are running and ${waiting} are waiting`,
    hint: "ask again in a few seconds, or for less at once",
    status: 503,
  });
}
