import type { Clock } from "../../core/clock.ts";
import type { Lifetime } from "../../core/lifetime.ts";
import { formatPoint, type Point } from "../../core/line-protocol.ts";
import type { ProbeRunner } from "../probe-runner.ts";

/** The first samples come quickly, so that rates can be drawn soon after the start. */
const FIRST_SAMPLES_AFTER_MS = [0, 2_000, 4_000] as const;

export interface SamplerOptions {
  readonly host: string;
  readonly intervalMs: number;
  readonly probes: Pick<ProbeRunner, "ready" | "sample">;
  /** Takes the lines of one sample. */
  readonly deliver: (lines: readonly string[]) => void;
  /** Points about the agent itself, given what the sample cost. */
  readonly selfPoints: (cpuSeconds: number) => readonly Omit<Point, "at">[];
}

/** Samples all probes at 0, 2 and 4 s and then at multiples of the interval, until the lifetime ends. */
export function startSampler(options: SamplerOptions, clock: Clock, lifetime: Lifetime): void {
  let timer: NodeJS.Timeout | undefined;
  let taken = 0;
  const startedMs = clock.monotonicMs();

  async function tick(): Promise<void> {
    await options.probes.ready;
    if (lifetime.isOver) return;
    const lines = await takeSample(options, clock);
    if (lifetime.isOver) return;
    options.deliver(lines);
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

async function takeSample(options: SamplerOptions, clock: Clock): Promise<readonly string[]> {
  const at = clock.now();
  const before = process.cpuUsage();
  const lines: string[] = [];
  const sink = (point: Point) => {
    const { tags, fields } = point;
    const line = formatPoint({ ...point, tags: { ...tags, host: options.host }, fields: rounded(fields) });
    if (line !== undefined) lines.push(line);
  };
  await options.probes.sample(at, sink);
  const { user, system } = process.cpuUsage(before);
  for (const point of options.selfPoints((user + system) / 1e6)) sink({ ...point, at });
  return lines;
}

/** Nobody reads nanoseconds of an hour, and each digit is sent: to the thousandth, and to the millionth what is below a hundred. */
function rounded(fields: Point["fields"]): Point["fields"] {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => {
      if (typeof value !== "number" || Number.isInteger(value)) return [name, value];
      const unit = Math.abs(value) < 100 ? 1e6 : 1e3;
      return [name, Math.round(value * unit) / unit];
    }),
  );
}
