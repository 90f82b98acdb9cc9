import type { Clock, EpochMs } from "../../core/clock.ts";
import type { Lifetime } from "../../core/lifetime.ts";
import type { Dirty } from "./kernel-reader.ts";

/** One command makes several events within milliseconds; this long after the first of them it is read. */
const DEBOUNCE_MS = 40;

/**
 * In the long run reading takes at most this share of the time, however much changes. Up to a second of reading is saved
 * up while little changes, so that a change now and then is read at once even where a reading takes long.
 */
const MAX_SHARE = 0.2;
const MAX_CREDIT_MS = 1_000;

export const NOTHING_DIRTY: Dirty = {
  inventory: false,
  all: false,
  inodes: new Set(),
  links: new Set(),
  routes: new Set(),
  names: new Set(),
};
export const EVERYTHING_DIRTY: Dirty = { ...NOTHING_DIRTY, inventory: true, all: true };

export interface DirtyScheduler {
  mark(dirty: Partial<Dirty>): void;
}

/**
 * Calls `read` soon after the first mark, with everything marked until then. Never two at once; what is marked
 * meanwhile is read after. `read` must not throw.
 *
 * `seenAt` is the time of the latest mark, to be asked once the reading is done: whatever a reading finds had its sign
 * by then, so no change is dated before it happened, and a single change is dated when the kernel told of it.
 */
export function createDirtyScheduler(
  read: (dirty: Dirty, seenAt: () => EpochMs) => Promise<void>,
  clock: Clock,
  lifetime: Lifetime,
): DirtyScheduler {
  let dirty: Dirty | undefined;
  let seenAt = clock.now();
  let timer: NodeJS.Timeout | undefined;
  let reading = false;
  let creditMs = MAX_CREDIT_MS;
  let creditAtMs = clock.monotonicMs();

  async function run(): Promise<void> {
    timer = undefined;
    if (dirty === undefined || lifetime.isOver) return;
    const toRead = dirty;
    dirty = undefined;
    reading = true;
    const startedMs = clock.monotonicMs();
    await read(toRead, () => seenAt);
    const endedMs = clock.monotonicMs();
    creditMs = creditNow(endedMs) - (endedMs - startedMs);
    creditAtMs = endedMs;
    reading = false;
    arm();
  }

  function arm(): void {
    if (dirty === undefined || reading || timer !== undefined || lifetime.isOver) return;
    const restMs = -creditNow(clock.monotonicMs()) / MAX_SHARE;
    timer = setTimeout(() => void run(), Math.max(DEBOUNCE_MS, restMs));
  }

  function creditNow(nowMs: number): number {
    return Math.min(MAX_CREDIT_MS, creditMs + (nowMs - creditAtMs) * MAX_SHARE);
  }

  lifetime.defer("topology reading", () => clearTimeout(timer));
  return {
    mark(more) {
      seenAt = clock.now();
      dirty = union(dirty ?? NOTHING_DIRTY, more);
      arm();
    },
  };
}

function union(dirty: Dirty, more: Partial<Dirty>): Dirty {
  return {
    inventory: dirty.inventory || more.inventory === true,
    all: dirty.all || more.all === true,
    inodes: unionOfSets(dirty.inodes, more.inodes),
    links: unionOfSets(dirty.links, more.links),
    routes: unionOfSets(dirty.routes, more.routes),
    names: unionOfSets(dirty.names, more.names),
  };
}

function unionOfSets<T>(set: ReadonlySet<T>, more: ReadonlySet<T> | undefined): ReadonlySet<T> {
  return more === undefined || more.size === 0 ? set : new Set([...set, ...more]);
}
