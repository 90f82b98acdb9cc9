import type { Clock } from "../../core/clock.ts";
import type { Lifetime } from "../../core/lifetime.ts";
import { formatPoint, type Point } from "../../core/line-protocol.ts";
import type { MetricSession, Probe } from "../probe.ts";

/** A source that was absent (a module not loaded yet) is looked for again this often. */
const DETECT_AGAIN_MS = 60_000;

/** The first samples come quickly, so that rates can be drawn soon after the start. */
const FIRST_SAMPLES_AFTER_MS = [0, 2_000, 4_000] as const;

export interface SamplerOptions {
  readonly host: string;
  readonly intervalMs: number;
  readonly probes: readonly Probe<MetricSession>[];
  /** Takes the lines of one sample. */
  readonly deliver: (lines: readonly string[]) => void;
  /** Points about the agent itself, given what the sample cost. */
  readonly selfPoint: (cpuSeconds: number) => Omit<Point, "at">;
}

/** Samples all probes at 0, 2 and 4 s and then at multiples of the interval, until the lifetime ends. */
export function startSampler(options: SamplerOptions, clock: Clock, lifetime: Lifetime): void {
  const sessions = new Map<string, MetricSession>();
  let detectedAtMs: number | undefined;
  let timer: NodeJS.Timeout | undefined;
  let taken = 0;
  const startedMs = clock.monotonicMs();

  async function detectAbsent(): Promise<void> {
    const nowMs = clock.monotonicMs();
    if (detectedAtMs !== undefined && nowMs - detectedAtMs < DETECT_AGAIN_MS) return;
    detectedAtMs = nowMs;
    for (const probe of options.probes) {
      if (sessions.has(probe.name)) continue;
      const session = await probe.detect(lifetime.signal);
      if (session !== undefined) sessions.set(probe.name, session);
    }
  }

  async function tick(): Promise<void> {
    await detectAbsent();
    if (lifetime.isOver) return;
    options.deliver(takeSample(options, sessions.values(), clock));
    taken++;
    schedule();
  }

  function schedule(): void {
    const afterStartMs = FIRST_SAMPLES_AFTER_MS[taken];
    const delayMs =
      afterStartMs === undefined
        ? msToNextMultiple(clock.now(), options.intervalMs)
        : Math.max(0, startedMs + afterStartMs - clock.monotonicMs());
    timer = setTimeout(() => void tick(), delayMs);
  }

  lifetime.defer("sampler", () => clearTimeout(timer));
  schedule();
}

/**
 * The next multiple of the interval that is at least a tenth of it away: a timer may fire a millisecond early, which must
 * not make two samples of one. Samples of all hosts fall on the same instants, so that sums over hosts are of one moment.
 */
export function msToNextMultiple(nowMs: number, intervalMs: number): number {
  const earliestMs = nowMs + intervalMs / 10;
  return Math.ceil(earliestMs / intervalMs) * intervalMs - nowMs;
}

function takeSample(options: SamplerOptions, sessions: Iterable<MetricSession>, clock: Clock): readonly string[] {
  const at = clock.now();
  const before = process.cpuUsage();
  const lines: string[] = [];
  const sink = (point: Point) => {
    const line = formatPoint({ ...point, tags: { ...point.tags, host: options.host } });
    if (line !== undefined) lines.push(line);
  };
  for (const session of sessions) session.sample(at, sink);
  const { user, system } = process.cpuUsage(before);
  sink({ ...options.selfPoint((user + system) / 1e6), at });
  return lines;
}
