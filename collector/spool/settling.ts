import type { Clock } from "../../core/clock.ts";
import type { SpoolPosition } from "../../store/metric-store.ts";
import type { Spool } from "./spool.ts";

/** Of the spool's bound, what may be kept for a consumer that has taken it already. */
const KEPT_SHARE = 0.25;

/**
 * What a consumer took, and may still lose when it crashes: it is acknowledged only after a time, so that it can be given
 * again. Bounded by a share of the spool: what is more is acknowledged sooner.
 */
export class Settling {
  readonly #spool: Spool;
  readonly #clock: Pick<Clock, "monotonicMs">;
  readonly #settleMs: number;
  #taken: { readonly position: SpoolPosition; readonly atMs: number }[] = [];

  constructor(spool: Spool, settleMs: number, clock: Pick<Clock, "monotonicMs">) {
    this.#spool = spool;
    this.#settleMs = settleMs;
    this.#clock = clock;
  }

  /** Takes note that all before a place was taken; the place that may be acknowledged now, when there is a new one. */
  took(position: SpoolPosition): SpoolPosition | undefined {
    if (this.#settleMs === 0) return position;
    const now = this.#clock.monotonicMs();
    this.#taken.push({ position, atMs: now });
    const mostBytes = this.#spool.stats().maxBytes * KEPT_SHARE;
    const unsettled = this.#taken.findIndex(
      ({ position: at, atMs }) => atMs > now - this.#settleMs && this.#spool.bytesAfter(at) <= mostBytes,
    );
    const settled = this.#taken.splice(0, unsettled < 0 ? this.#taken.length : unsettled);
    return settled.at(-1)?.position;
  }

  /** The consumer was away and may have lost what had not settled. */
  forget(): void {
    this.#taken = [];
  }
}
