/** Steps of work between two turns of others, some ten nanoseconds each: ten milliseconds. */
const STEPS_PER_TURN = 1_000_000;

// What holds the event loop is all evaluations of this thread together: each may have awaited something that was there already.
let steps = 0;
const waiting: (() => void)[] = [];

/** Counts work of evaluations; true when it is time to `nextTurn`. */
export function countWork(more: number): boolean {
  steps += more;
  return steps >= STEPS_PER_TURN;
}

/** Lets everything else run once the evaluations of this thread had their turn. In each turn one of them goes on. */
export function nextTurn(): Promise<void> {
  if (steps < STEPS_PER_TURN) return Promise.resolve();
  return new Promise((resolve) => {
    waiting.push(resolve);
    if (waiting.length === 1) setImmediate(goOn);
  });
}

function goOn(): void {
  steps = 0;
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(goOn);
}
