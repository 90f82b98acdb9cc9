import type { EpochMs } from "../../core/clock.ts";
import type { PullProblem } from "./problem.ts";

/** How one target is. */
export interface TargetStatus {
  readonly kind: "scrape" | "snmp";
  readonly job: string;
  readonly instance: string;
  readonly url: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly health: "unknown" | "up" | "down";
  /** Undefined before the first round. */
  readonly last: LastRound | undefined;
}

export interface LastRound {
  readonly at: EpochMs;
  readonly durationMs: number;
  readonly samples: number;
  /** Of a target that is up: something was lost of what it said. */
  readonly problem: PullProblem | undefined;
}
