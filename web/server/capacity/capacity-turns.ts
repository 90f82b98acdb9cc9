import { LoopTurns } from "../../../core/loop-turns.ts";
import type { Pause } from "../../../core/sort-in-turns.ts";

/** Of all requests about capacity: hosts of all clusters have tens of thousands of rows. */
export const capacityTurns = new LoopTurns();

/** For what sorts. */
export const pauseOfCapacity: Pause = () => (capacityTurns.isOver() ? capacityTurns.next() : undefined);
