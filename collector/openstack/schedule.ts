/** How often a service is asked, in milliseconds. */
export interface Beat {
  readonly fullEveryMs: number;
  readonly pollEveryMs: number;
}

/** What was done so far; times by the monotonic clock. */
export interface Done {
  /** When the last whole reading that came to its end began. */
  readonly fullAtMs: number | undefined;
  readonly lastAtMs: number | undefined;
  /** Rounds that failed, one after the other. */
  readonly failures: number;
  readonly retryAfterMs: number | undefined;
}

export const NOTHING_DONE: Done = { fullAtMs: undefined, lastAtMs: undefined, failures: 0, retryAfterMs: undefined };

export interface NextRound {
  readonly kind: "full" | "poll";
  readonly atMs: number;
}

/** What hints ask for, by the monotonic clock; undefined: nothing. */
export interface Wishes {
  /** A round, of everything that changed. */
  readonly roundAtMs: number | undefined;
  /** A look at what hints name. */
  readonly lookAtMs: number | undefined;
}

export interface NextStep {
  readonly kind: "full" | "poll" | "look";
  readonly atMs: number;
}

const LONGEST_PAUSE_MS = 300_000;

/**
 * What is to be done next, and when: everything when that is due, else what changed. After failures the pauses double, up to five
 * minutes, each a little other than its neighbours' (`random` from 0 to 1), and none is shorter than the service asks for.
 */
export function nextRound(done: Done, beat: Beat, random: number): NextRound {
  const { fullAtMs, lastAtMs, failures } = done;
  if (lastAtMs === undefined) return { kind: "full", atMs: 0 };
  const fullDueMs = fullAtMs === undefined ? lastAtMs : fullAtMs + beat.fullEveryMs;
  if (failures > 0) {
    const doubled = Math.min(beat.pollEveryMs * 2 ** Math.min(failures - 1, 20), LONGEST_PAUSE_MS);
    const pauseMs = Math.max(doubled * (0.75 + random / 2), done.retryAfterMs ?? 0);
    const atMs = lastAtMs + pauseMs;
    return { kind: fullDueMs <= atMs ? "full" : "poll", atMs };
  }
  const pollAtMs = lastAtMs + beat.pollEveryMs;
  return fullDueMs <= pollAtMs
    ? { kind: "full", atMs: Math.max(fullDueMs, lastAtMs) }
    : { kind: "poll", atMs: pollAtMs };
}

/**
 * The next round, or what hints ask for where that is earlier. What hints ask for waits until everything was read once, and while the
 * service fails: the round that ends the failure comes first.
 */
export function nextStep(done: Done, beat: Beat, { roundAtMs, lookAtMs }: Wishes, random: number): NextStep {
  const round = nextRound(done, beat, random);
  if (done.fullAtMs === undefined || done.failures > 0) return round;
  const hurried: NextRound =
    roundAtMs !== undefined && roundAtMs < round.atMs ? { kind: "poll", atMs: roundAtMs } : round;
  return lookAtMs !== undefined && lookAtMs < hurried.atMs ? { kind: "look", atMs: lookAtMs } : hurried;
}
