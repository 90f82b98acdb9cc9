import type { TraceContext } from "./trace.ts";

/**
 * The trace that the work under way belongs to, so that every log line written within it can name it and nobody has to hand it
 * down. What must be right, such as what is stored or sent, is handed down all the same.
 */
export interface TraceScope {
  /** Undefined outside of any. */
  current(): TraceContext | undefined;
  /** Runs `work`, and all that it waits for, within the trace. */
  run<T>(trace: TraceContext, work: () => T): T;
}

/** Where nobody asks: what is run is run. */
export const noTraceScope: TraceScope = { current: () => undefined, run: (_trace, work) => work() };
