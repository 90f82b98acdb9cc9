import type { Recorder } from "./recorder.ts";

/** Recorders by cluster; the first is the collector's own. */
export type Recorders = ReadonlyMap<string, Recorder>;
