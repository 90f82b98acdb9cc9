import { AsyncLocalStorage } from "node:async_hooks";
import type { TraceContext } from "../core/trace.ts";
import type { TraceScope } from "../core/trace-scope.ts";

/** The one of this process: its log names the trace of whatever is under way. */
export const processTraceScope: TraceScope = createTraceScope();

export function createTraceScope(): TraceScope {
  const storage = new AsyncLocalStorage<TraceContext>();
  return { current: () => storage.getStore(), run: (trace, work) => storage.run(trace, work) };
}
