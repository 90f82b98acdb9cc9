import type { Clock, EpochMs } from "../../core/clock.ts";
import type { OperatorError } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import type { Recorder } from "../recorder.ts";
import type { Finding, FindingEvent } from "./finding.ts";
import type { FindingMemory } from "./finding-memory.ts";
import type { Invariant, InvariantName, Level, Subject, Verdict } from "./invariant.ts";

/** What does not hold in a cluster's topology, as it changes. */
export interface Findings {
  readonly cluster: string;
  /** False until the whole graph was gone through once after a start. */
  isReady(): boolean;
  /** Settling and standing ones. */
  open(): Iterable<Finding>;
  /** Those that were standing at a moment of the past. */
  standingAt(at: EpochMs): readonly Finding[];
  /** What ended before this is not known any more; undefined while nothing was forgotten. */
  forgottenUntil(): EpochMs | undefined;
  counts(): FindingCounts;
  /** Why findings could not be written down; undefined while they are. */
  failing(): OperatorError | undefined;
  /**
   * Called for each event from now on; what is open already is in `open()`. Nothing that stood before a restart is told
   * again. Returns how to stop listening.
   */
  onFinding(listener: (event: FindingEvent) => void): () => void;
}

export interface FindingCounts {
  readonly settling: number;
  readonly standing: number;
  /** Of either; because an agent is silent. */
  readonly unknown: number;
  readonly standingBy: ReadonlyMap<InvariantName, number>;
  /** Changes not yet looked at; 0 but for moments. */
  readonly waitingChanges: number;
  /** Subjects judged since the start. */
  readonly judgements: number;
}

export interface FindingsOptions {
  readonly recorder: Pick<Recorder, "cluster" | "graph" | "revision" | "onRevision" | "onVolatile">;
  readonly clock: Clock;
  readonly log: Log;
  /** Left out: findings are rebuilt from the graph at each start, settle anew and begin then. */
  readonly memory?: FindingMemory | undefined;
  /** `INVARIANTS` unless told otherwise. */
  readonly invariants?: readonly Invariant[] | undefined;
  readonly outside?: readonly OutsideJudge[] | undefined;
}

/** An invariant that is judged elsewhere: names of hosts, for one, are resolved by the alias table. */
export interface OutsideJudge {
  readonly name: InvariantName;
  readonly level: Level;
  readonly settleMs: number;
  /** Tells what is wrong now, then each change; a verdict of undefined says that nothing is wrong with the subject. */
  watch(listener: (subject: Subject, verdict: Verdict | undefined) => void): () => void;
}
