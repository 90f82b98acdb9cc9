import { systemClock } from "../core/clock.ts";

/** How long evaluations may hold the event loop before everything else gets its turn. */
const TURN_MS = 10;

/** Steps of work, some ten nanoseconds each, between two looks at the clock. */
const STEPS_PER_LOOK = 50_000;

// What holds the event loop is all evaluations of this thread together, since each may await something that is there already:
// so the turn is the thread's, as the loop is, and it is measured by the machine's clock, since steps differ from machine to
// machine.
let beganMs: number | undefined;
let isOver = false;
let steps = 0;
const waiting: (() => void)[] = [];

/** Counts work of evaluations; true when it is time to wait for the next turn. */
export function countWork(more: number): boolean {
  steps += more;
  if (steps >= STEPS_PER_LOOK) look();
  return isOver;
}

/** Lets everything else run once evaluations had their turn. In each turn one of those that wait goes on. */
export function nextTurn(): Promise<void> {
  if (!isOver) return Promise.resolve();
  return new Promise((resolve) => waiting.push(resolve));
}

function look(): void {
  steps = 0;
  const nowMs = systemClock.monotonicMs();
  beganMs ??= beginTurn(nowMs);
  isOver = nowMs - beganMs >= TURN_MS;
}

function beginTurn(nowMs: number): number {
  setImmediate(endTurn);
  return nowMs;
}

function endTurn(): void {
  beganMs = undefined;
  isOver = false;
  const next = waiting.shift();
  if (next === undefined) return;
  beganMs = beginTurn(systemClock.monotonicMs());
  next();
}
