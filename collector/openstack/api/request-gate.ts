import type { Clock } from "../../../core/clock.ts";
import { waitUnlessOver } from "../../../core/wait.ts";

/** Bounds the requests to one cloud: so many at once, and so many each second. */
export class RequestGate {
  readonly #gapMs: number;
  readonly #inFlight: number;
  readonly #clock: Clock;
  readonly #waiting: (() => void)[] = [];
  #taken = 0;
  /** When the next one may begin. */
  #nextMs = 0;

  constructor(limits: { readonly inFlight: number; readonly perSecond: number }, clock: Clock) {
    this.#inFlight = limits.inFlight;
    this.#gapMs = 1_000 / limits.perSecond;
    this.#clock = clock;
  }

  /** First come, first served. Who waits is bounded by who asks: each service has one request at a time. */
  async run<R>(signal: AbortSignal, request: () => Promise<R>): Promise<R> {
    if (this.#taken >= this.#inFlight) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#taken++;
    try {
      const nowMs = this.#clock.monotonicMs();
      const beginMs = Math.max(nowMs, this.#nextMs);
      this.#nextMs = beginMs + this.#gapMs;
      if (beginMs > nowMs) await waitUnlessOver(beginMs - nowMs, signal);
      return await request();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#taken--;
      else next();
    }
  }
}
