import { HOUR_MS, type Usage } from "../../../core/forecast/history.ts";

/** A made history up to `nowMs`, and when what goes on in the same way has nothing left for the first time. */
export interface MadeHistory {
  readonly usage: Usage;
  readonly nowMs: number;
  /** Undefined: within the years looked at, never. */
  readonly runsOutMs: number | undefined;
}

export type Random = () => number;

/** Mulberry32: small, and the same everywhere. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Shape {
  readonly days: number;
  readonly total: number;
  /** Share of the total that is used now, without season and noise. */
  readonly shareNow: number;
  /** Share of the total by which use grows in a day. */
  readonly growth: number;
  readonly noise: number;
  /** Half of the swing of a week, and of a day. */
  readonly week: number;
  readonly day: number;
  /** How much an hour's noise has of the hour before. */
  readonly memory: number;
}

const between = (random: Random, low: number, high: number) => low + (high - low) * random();

function shapeOf(random: Random, more: Partial<Shape>): Shape {
  const runOutDays = between(random, 3, 60);
  const shareNow = between(random, 0.5, 0.9);
  return {
    days: 28,
    total: Math.round(between(random, 200, 20_000)),
    shareNow,
    growth: (1 - shareNow) / runOutDays,
    noise: between(random, 0.0005, 0.006),
    week: 0,
    day: between(random, 0, 0.01),
    memory: between(random, 0, 0.9),
    ...more,
  };
}

/** `bend` changes what came, hour by hour: used and total as shares of the total now; undefined leaves the hour out. */
type Bend = (hoursAgo: number, used: number) => { used: number; total: number } | undefined;

const YEARS_HOURS = 3 * 365 * 24;

function made(random: Random, shape: Shape, bend: Bend = (_, used) => ({ used, total: 1 })): MadeHistory {
  const nowMs = Date.UTC(2026, 2, 2) + Math.floor(random() * 7 * 24) * HOUR_MS;
  const [weekPhase, dayPhase] = [random() * 2 * Math.PI, random() * 2 * Math.PI];
  const fresh = Math.sqrt(1 - shape.memory ** 2);
  let noise = 0;
  const at = (hour: number): number => {
    noise = shape.memory * noise + fresh * normal(random);
    const season =
      shape.week * Math.sin((2 * Math.PI * hour) / 168 + weekPhase) +
      shape.day * Math.sin((2 * Math.PI * hour) / 24 + dayPhase);
    return shape.shareNow + (shape.growth * hour) / 24 + season + shape.noise * noise;
  };
  const [timesMs, used, total]: number[][] = [[], [], []];
  for (let hour = -shape.days * 24; hour <= 0; hour++) {
    const bent = bend(-hour, at(hour));
    if (bent === undefined) continue;
    timesMs?.push(nowMs + hour * HOUR_MS);
    used?.push(Math.max(0, Math.min(Math.round(bent.used * shape.total), Math.round(bent.total * shape.total))));
    total?.push(Math.round(bent.total * shape.total));
  }
  let runsOutMs: number | undefined;
  for (let hour = 1; hour <= YEARS_HOURS && runsOutMs === undefined; hour++) {
    if (Math.round(at(hour) * shape.total) >= shape.total) runsOutMs = nowMs + hour * HOUR_MS;
  }
  return { usage: { timesMs: timesMs ?? [], used: used ?? [], total: total ?? [] }, nowMs, runsOutMs };
}

function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Histories that run out. Before a step, everything was otherwise: what is before it must not count. */
export const GROWING: Readonly<Record<string, (random: Random) => MadeHistory>> = {
  "a line with noise": (random) => made(random, shapeOf(random, {})),
  "a line with weeks": (random) => made(random, shapeOf(random, { week: between(random, 0.005, 0.03) })),
  "a total that was raised": (random) => {
    const since = between(random, 15, 22) * 24;
    const before = between(random, 0.5, 0.85);
    const shape = shapeOf(random, { shareNow: between(random, 0.55, 0.8) });
    return made(random, shape, (ago, used) =>
      ago > since ? { used: Math.min(used * 0.9, before), total: before } : { used, total: 1 },
    );
  },
  "a total that was raised while there was plenty": (random) => {
    const since = between(random, 0.2, 25) * 24;
    const shape = shapeOf(random, { shareNow: between(random, 0.4, 0.6), week: between(random, 0, 0.01) });
    return made(random, shape, (ago, used) => ({ used, total: ago > since ? 0.72 : 1 }));
  },
  "a total that was lowered": (random) => {
    const since = between(random, 0.2, 25) * 24;
    const before = between(random, 1.1, 1.5);
    return made(random, shapeOf(random, {}), (ago, used) => ({ used, total: ago > since ? before : 1 }));
  },
  "a sweep that deleted much": (random) => {
    const since = between(random, 15, 22) * 24;
    const swept = between(random, 0.1, 0.3);
    const shape = shapeOf(random, { shareNow: between(random, 0.5, 0.8) });
    return made(random, shape, (ago, used) => ({ used: used + (ago > since ? swept : 0), total: 1 }));
  },
  "much that came at once": (random) => {
    const since = between(random, 15, 22) * 24;
    const shape = shapeOf(random, { shareNow: between(random, 0.6, 0.85) });
    return made(random, shape, (ago, used) => ({ used: used - (ago > since ? 0.15 : 0), total: 1 }));
  },
  "one odd day": (random) => {
    const odd = between(random, 2, 25) * 24;
    const off = random() < 0.5 ? -0.2 : 0.2;
    const shape = shapeOf(random, { week: between(random, 0, 0.01) });
    return made(random, shape, (ago, used) => ({ used: used + (ago > odd && ago <= odd + 24 ? off : 0), total: 1 }));
  },
  gaps: (random) => {
    const gap = between(random, 4, 20) * 24;
    const shape = shapeOf(random, { week: between(random, 0, 0.02) });
    return made(random, shape, (ago, used) => {
      const isGap = (ago > gap && ago < gap + 60) || random() < 0.2;
      return isGap && ago > 0 ? undefined : { used, total: 1 };
    });
  },
  "two weeks": (random) => made(random, shapeOf(random, { days: 14, week: between(random, 0, 0.01) })),
  "few days of steep growth": (random) => {
    const days = between(random, 4, 7);
    const shareNow = between(random, 0.6, 0.9);
    const growth = between(random, 0.25 / days, 0.09);
    return made(random, shapeOf(random, { days: Math.ceil(days), shareNow, growth, week: between(random, 0, 0.01) }));
  },
};

/**
 * Two weeks of a line and noise of each hour by itself, so much that how far the interval reaches is decided by how certain the line is:
 * with less noise, what single hours lie beside the line decides it.
 */
export function plainLine(random: Random): MadeHistory {
  const shareNow = between(random, 0.5, 0.9);
  const growth = (1 - shareNow) / between(random, 20, 60);
  const noise = between(random, 0.006, 0.02);
  return made(random, { ...{ days: 14, total: 1e6, shareNow, growth, noise }, ...{ week: 0, day: 0, memory: 0 } });
}

/** Histories of which a line tells too much: they grow less and less, and level off below the total. */
export const LEVELLING: Readonly<Record<string, (random: Random) => MadeHistory>> = {
  "growth that levels off": (random) => {
    const end = between(random, 0.7, 0.93);
    const rise = between(random, 0.1, 0.4);
    const halfDays = between(random, 3, 10);
    const shape = shapeOf(random, { growth: 0, shareNow: 0, week: between(random, 0, 0.01) });
    const age = between(random, 0, 2) * halfDays;
    return made(random, shape, (ago, used) => ({
      used: used + end - rise * 0.5 ** ((28 - ago / 24 + age) / halfDays),
      total: 1,
    }));
  },
};

/** Histories that never run out. */
export const NEVER: Readonly<Record<string, (random: Random) => MadeHistory>> = {
  flat: (random) => made(random, shapeOf(random, { growth: 0, shareNow: between(random, 0.1, 0.95) })),
  "flat, of any length, with weeks": (random) => {
    const week = between(random, 0, 0.03);
    const shareNow = between(random, 0.1, 0.9);
    return made(random, shapeOf(random, { growth: 0, shareNow, week, days: Math.ceil(between(random, 1, 40)) }));
  },
  falling: (random) => {
    const growth = -between(random, 0.0005, 0.01);
    return made(
      random,
      shapeOf(random, { growth, shareNow: between(random, 0.3, 0.95), week: between(random, 0, 0.02) }),
    );
  },
  "flat after much came at once": (random) => {
    const since = between(random, 1, 25) * 24;
    const shape = shapeOf(random, { growth: 0, shareNow: between(random, 0.5, 0.95) });
    return made(random, shape, (ago, used) => ({ used: used - (ago > since ? 0.2 : 0), total: 1 }));
  },
  "flat without any change": (random) => made(random, shapeOf(random, { growth: 0, noise: 0, day: 0 })),
};
