import type { Labels } from "../core/series.ts";
import type { RecordSpan } from "../core/span.ts";
import { newTrace, randomBytes, type TraceContext } from "../core/trace.ts";
import { noTraceScope, type TraceScope } from "../core/trace-scope.ts";

/** What is known of the writes that samples came with. */
export interface WriteTraces {
  /** The newest durable write of a host; undefined when nobody remembers one. */
  newestOf(cluster: string | undefined, host: string): TraceContext | undefined;
  /** An alert has taken this trace: what is known of the write is worth keeping. */
  taken(cluster: string | undefined, host: string, trace: TraceContext): void;
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

/** The trace of an alert that begins: of the newest write of the host it is about, else one of its own. */
export function traceOfBeginning({ cluster, host }: Labels, writes: WriteTraces): TraceContext {
  const newest = isNamed(host) ? writes.newestOf(cluster, host) : undefined;
  return newest ?? newTrace(randomBytes);
}

export function tellTaken({ cluster, host }: Labels, trace: TraceContext, writes: WriteTraces): void {
  if (isNamed(host)) writes.taken(cluster, host, trace);
}

const isNamed = (label: string | undefined): label is string => label !== undefined && label !== "";
