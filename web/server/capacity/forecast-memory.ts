import type { EpochMs } from "../../../core/clock.ts";
import { HOUR_MS } from "../../../core/forecast/history.ts";
import type { Forecast } from "../../../core/forecast/run-out.ts";

export interface Foretold {
  readonly forecast: Forecast;
  /** The first hour with figures; undefined without any, and of what is full, whose history is not read. */
  readonly knownSinceMs: number | undefined;
}

interface Made {
  readonly total: number | undefined;
  readonly foretold: Foretold;
}

/** Of a few kilobytes each; when there are more, all are forgotten and made again. */
const MOST = 5_000;

/**
 * Forecasts made for the newest hour that was asked about, by thing: they are made of hourly means, and within an hour none are
 * new. Another total makes another forecast.
 */
export class ForecastMemory {
  readonly #made = new Map<string, Made>();
  #hour = 0;

  get(key: string, total: number | undefined, at: EpochMs): Foretold | undefined {
    const made = hourOf(at) === this.#hour ? this.#made.get(key) : undefined;
    return made?.total === total ? made?.foretold : undefined;
  }

  keep(key: string, at: EpochMs, made: Made): void {
    const hour = hourOf(at);
    if (hour < this.#hour) return;
    const isFull = this.#made.size >= MOST && !this.#made.has(key);
    if (hour > this.#hour || isFull) this.#made.clear();
    this.#hour = hour;
    this.#made.set(key, made);
  }
}

function hourOf(at: EpochMs): number {
  return Math.floor(at / HOUR_MS);
}
