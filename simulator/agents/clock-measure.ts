/** A measure counts for this many round trips, unless a shorter one comes. */
const MEASURE_LASTS = 8;

/** How far a host's clock is ahead of the collector's: the shortest round trip is the least wrong. */
export class ClockMeasure {
  #offsetMs = 0;
  #rttMs = Number.POSITIVE_INFINITY;
  #age = 0;

  get offsetMs(): number {
    return this.#offsetMs;
  }

  /** `sentAt` by the host's clock, `serverAt` by the collector's, both in epoch milliseconds. */
  add({
    sentAt,
    rttMs,
    serverAt,
  }: {
    readonly sentAt: number;
    readonly rttMs: number;
    readonly serverAt: number;
  }): void {
    if (rttMs > this.#rttMs && this.#age < MEASURE_LASTS) {
      this.#age++;
      return;
    }
    const offsetMs = Math.round(sentAt + rttMs / 2) - serverAt;
    this.#offsetMs = Math.abs(offsetMs) <= rttMs / 2 + 1 ? 0 : offsetMs;
    this.#rttMs = rttMs;
    this.#age = 0;
  }
}
