import type { Act } from "./act.ts";

/** An act and when it comes, in milliseconds after what it is part of began. */
export interface Step {
  readonly afterMs: number;
  readonly act: Act;
}

/** The same steps, all later. */
export function later(steps: readonly Step[], byMs: number): readonly Step[] {
  return steps.map(({ afterMs, act }) => ({ afterMs: afterMs + byMs, act }));
}
