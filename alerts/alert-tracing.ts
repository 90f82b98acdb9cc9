import type { Labels } from "../core/series.ts";
import type { RecordSpan } from "../core/span.ts";
import { newTrace, randomBytes, type TraceContext } from "../core/trace.ts";
import { noTraceScope, type TraceScope } from "../core/trace-scope.ts";

/** What an alert is about, and what its rule asks. */
export interface AlertSubject {
  readonly labels: Labels;
  readonly expr: string;
}

/** What is known of the writes that samples came with. */
export interface WriteTraces {
  /** The newest durable write of what an alert is about; undefined when nobody remembers one. */
  newestOf(subject: AlertSubject): TraceContext | undefined;
  /** An alert has taken this trace: what is known of the write is worth keeping. */
  taken(subject: AlertSubject, trace: TraceContext): void;
}

export interface AlertTracing {
  readonly traces: TraceScope;
  readonly recordSpan: RecordSpan;
  readonly writes: WriteTraces;
}

/** Every alert is then a trace of its own, which nobody records. */
export const NO_TRACING: AlertTracing = {
  traces: noTraceScope,
  recordSpan: () => {},
  writes: { newestOf: () => undefined, taken: () => {} },
};

/** The trace of an alert that begins: of the newest write of what it is about, else one of its own. */
export function traceOfBeginning(subject: AlertSubject, writes: WriteTraces): TraceContext {
  return writes.newestOf(subject) ?? newTrace(randomBytes);
}
