import { type Clock, type EpochMs, epochMsOf } from "../../core/clock.ts";

/** How the cloud's own time, in milliseconds since it began, and the collector's time go together. */
export interface SimulatedTime {
  nowMs(): number;
  /** When the collector hears what happens then. */
  wallOf(ms: number): EpochMs;
}

/**
 * The cloud began at `beganAt` and its time goes `speed` times as fast as the clock since. It does not follow jumps of
 * the clock after it was started.
 */
export function startSimulatedTime(
  clock: Clock,
  { beganAt, speed }: { beganAt: number; speed: number },
): SimulatedTime {
  const [startedAt, startedMonotonicMs] = [clock.now(), clock.monotonicMs()];
  return {
    nowMs: () => (startedAt - beganAt + (clock.monotonicMs() - startedMonotonicMs)) * speed,
    wallOf: (ms) => epochMsOf(Math.round(beganAt + ms / speed)),
  };
}
