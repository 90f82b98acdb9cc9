import type { Finding } from "./finding.ts";

/** Where findings are kept over a restart, so that one that was standing stands on, since when it did. */
export interface FindingMemory {
  /** All that was kept of a cluster: the open ones, and those that are over. */
  load(cluster: string): readonly Finding[];
  /** Durable when it returns. Errors: OperatorError `store.full`, `store.unavailable`; then nothing was kept. */
  save(cluster: string, writes: readonly FindingWrite[]): void;
}

/** `over/…` keys are of findings that ended; `finding` undefined forgets. */
export interface FindingWrite {
  readonly key: string;
  readonly finding: Finding | undefined;
}
