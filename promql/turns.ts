import { LoopTurns } from "../core/loop-turns.ts";

/** Steps of work, some ten nanoseconds each, between two looks at the clock. */
const STEPS_PER_LOOK = 50_000;

/** Of all evaluations of this thread, since each may await something that is there already. */
const turns = new LoopTurns();
let steps = 0;

/** Counts work of evaluations; true when it is time to wait for the next turn. */
export function countWork(more: number): boolean {
  steps += more;
  if (steps < STEPS_PER_LOOK) return turns.wasOver;
  steps = 0;
  return turns.isOver();
}

/** Lets everything else run once evaluations had their turn. In the next turn those that wait go on. */
export function nextTurn(): Promise<void> {
  return turns.next();
}
