/** What all targets of one kind did since the start. */
export interface PullCounts {
  rounds: number;
  failed: number;
  samples: number;
  /** Rounds left out: one still ran, or too many targets waited. */
  missed: number;
}

export function noPullCounts(): PullCounts {
  return { rounds: 0, failed: 0, samples: 0, missed: 0 };
}
