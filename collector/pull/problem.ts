/** Why a target gave nothing, and what to do about it. */
export interface PullProblem {
  readonly reason: string;
  readonly hint: string;
  /** Of HTTP, where there was an answer. */
  readonly status?: number;
  /** There was no answer in time. */
  readonly isTimeout?: boolean;
  /** What was read is not durable. */
  readonly isLost?: boolean;
}
