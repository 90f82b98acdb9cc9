import type { EpochMs } from "../core/clock.ts";
import type { Point } from "../core/line-protocol.ts";

/** Everything a host can tell is a probe; a host without Open vSwitch simply has no session of that probe. */
export interface Probe<Session> {
  readonly name: string;
  /** Undefined when the source is absent here: that is a fact about the host, not an error. Asked again later. */
  detect(signal: AbortSignal): Promise<Session | undefined>;
}

/** Takes a point without the tag `host`, which the sampler adds. */
export type PointSink = (point: Point) => void;

/** Reads its source and hands over what it says, all within one turn of the event loop. */
export interface MetricSession {
  sample(at: EpochMs, sink: PointSink): void;
}
