import type { Clock } from "../../core/clock.ts";
import { type RecordSpan, type Span, spanFields } from "../../core/span.ts";
import type { Stream } from "./open-streams.ts";

export interface TracingOptions {
  /** Of requests that nothing else speaks for, from 0 to 1. */
  readonly share: number;
  /** In [0, 1). */
  readonly random: () => number;
}

/** Why a span is kept; `undefined`: it is not. */
type KeptBecause = "failed" | "refused" | "slow" | "sampled" | "change" | "share";

/** Slower than this, a request is kept. */
export const SLOW_MS = 1_000;

/** Requests and messages kept in one second, whatever goes wrong with them; alerts, messages to people and changes are not counted. */
const MOST_A_SECOND = 50;

export interface RequestFacts {
  readonly isSampled: boolean;
  readonly isAgentBatch: boolean;
  readonly isOperation: boolean;
}

export interface Tracing {
  /** What is always kept: alerts, messages to people, writes that an alert goes back to, what an agent of this process delivers. */
  readonly record: RecordSpan;
  /** What is kept when it says something, and then within a bound. */
  readonly recordBounded: RecordSpan;
  /** Decided at its end, when it is known how it went. */
  recordRequest(span: Span, facts: RequestFacts): void;
  /** Spans that were worth keeping, and too many. */
  readonly leftOut: number;
}

export function createTracing(stream: Stream, clock: Clock, { share, random }: TracingOptions): Tracing {
  let second = Number.NEGATIVE_INFINITY;
  let kept = 0;
  let leftOut = 0;
  const record: RecordSpan = (span) => stream.write(spanFields(span));
  const recordBounded: RecordSpan = (span) => {
    const nowSecond = Math.floor(clock.monotonicMs() / 1_000);
    if (nowSecond !== second) [second, kept] = [nowSecond, 0];
    if (++kept > MOST_A_SECOND) leftOut++;
    else record(span);
  };
  const becauseOf = ({ outcome, durationMs }: Span, facts: RequestFacts): KeptBecause | undefined => {
    if (facts.isOperation) return "change";
    if (outcome !== "ok") return outcome;
    if (durationMs >= SLOW_MS) return "slow";
    // Agents of before this asked for all of theirs.
    if (facts.isSampled && !facts.isAgentBatch) return "sampled";
    return share > 0 && random() < share ? "share" : undefined;
  };
  return {
    record,
    recordBounded,
    recordRequest: (span, facts) => {
      const because = becauseOf(span, facts);
      if (because === undefined) return;
      const told = { ...span, attributes: { ...span.attributes, kept_because: because } };
      if (because === "change") record(told);
      else recordBounded(told);
    },
    get leftOut() {
      return leftOut;
    },
  };
}
