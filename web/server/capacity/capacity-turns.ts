import { LoopTurns } from "../../../core/loop-turns.ts";

/** Of all requests about capacity: hosts of all clusters have tens of thousands of rows. */
export const capacityTurns = new LoopTurns();
