import type { ProbeContext } from "../../agent/probe.ts";

/** What a probe may use that nobody listens to. */
export function quietContext(parts: Partial<ProbeContext> = {}): ProbeContext {
  return {
    signal: new AbortController().signal,
    changed: () => {},
    report: () => {},
    elements: () => new Map(),
    ...parts,
  };
}
