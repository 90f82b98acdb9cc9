import { LoopTurns } from "../core/loop-turns.ts";

/** Of all recorders of this thread, and of who parses what he tells them. */
export const recordingTurns = new LoopTurns();
