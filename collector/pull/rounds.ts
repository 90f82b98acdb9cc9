import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "../../core/clock.ts";
import type { Turns } from "../ingest/turns.ts";
import { nextDueMs, type Pace } from "./pace.ts";

export interface RoundsOptions {
  readonly pace: Pace;
  readonly clock: Clock;
  /** Bounds how many targets are asked at once. */
  readonly turns: Turns;
  /** One round. Never called again before it is done. Must not reject: whatever it throws ends the process. */
  run(signal: AbortSignal): Promise<void>;
  /** Rounds left out, because the one before took longer than the interval or too many targets waited. */
  onMissed(count: number): void;
}

export interface Rounds {
  /** Resolves when nothing runs any more. */
  stop(): Promise<void>;
}

/** Calls `run` at its pace until it is stopped. */
export function startRounds(options: RoundsOptions): Rounds {
  // Not the process's own signal: ten thousand targets would each listen to it.
  const controller = new AbortController();
  const running = runRounds(options, controller.signal);
  return {
    stop: async () => {
      controller.abort();
      await running;
    },
  };
}

async function runRounds({ pace, clock, turns, run, onMissed }: RoundsOptions, signal: AbortSignal): Promise<void> {
  let lastMs: number | undefined;
  while (!signal.aborted) {
    const dueMs = nextDueMs(pace, clock.now(), lastMs);
    const missed = lastMs === undefined ? 0 : Math.round((dueMs - lastMs) / pace.intervalMs) - 1;
    // A clock that was set by hours misses nothing.
    if (missed > 0 && missed < MOST_MISSED) onMissed(missed);
    lastMs = dueMs;
    await delay(dueMs - clock.now(), undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    const giveBack = await turns.take();
    if (giveBack === undefined) {
      onMissed(1);
      continue;
    }
    try {
      if (!signal.aborted) await run(signal);
    } finally {
      giveBack();
    }
  }
}

const MOST_MISSED = 100;
