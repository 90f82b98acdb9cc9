import type { PullProblem } from "./problem.ts";

export interface AskedCounts {
  /** That the target told, as far as it could be read, and of these kept. */
  readonly samples: number;
  readonly kept: number;
  /** Series that were not there the round before. */
  readonly added: number;
}

/** What came of asking a target. With a problem nothing was taken. */
export interface Asked extends AskedCounts {
  readonly problem?: PullProblem | undefined;
  /** Whom it speaks for, where it says so itself. */
  readonly host?: string | undefined;
}

export function askedInVain(problem: PullProblem): Asked {
  return { samples: 0, kept: 0, added: 0, problem };
}
