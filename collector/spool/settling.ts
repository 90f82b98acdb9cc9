import type { Clock } from "../../core/clock.ts";
import type { SpoolPosition } from "../../store/metric-store.ts";
import type { Spool } from "./spool.ts";

/** Of the spool's bound, what may be kept for a consumer that has taken it already. */
const KEPT_SHARE = 0.25;
/** How often a consumer that is well is asked whether it began anew. */
const ASK_EVERY_MS = 5_000;

export interface SettlingOptions {
  /** How long the consumer may lose what it took. */
  readonly settleMs: number;
  /** The consumer's. */
  readonly hasRestarted?: (() => Promise<boolean>) | undefined;
}

/**
 * What a consumer took, and may still lose when it crashes: it is acknowledged only after a time, so that it can be given
 * again. A consumer that can tell that it began anew is asked first: one that is given something now and then only may crash and
 * be back in between. Bounded by a share of the spool: what is more is acknowledged sooner.
 */
export class Settling {
  readonly #spool: Spool;
  readonly #clock: Pick<Clock, "monotonicMs">;
  readonly #options: SettlingOptions;
  #askedMs = Number.NEGATIVE_INFINITY;
  #taken: { readonly position: SpoolPosition; readonly atMs: number }[] = [];

  constructor(spool: Spool, options: SettlingOptions, clock: Pick<Clock, "monotonicMs">) {
    this.#spool = spool;
    this.#options = options;
    this.#clock = clock;
  }

  /**
   * Whether the consumer began anew and may have lost what had not settled. To be asked before each delivery, the first one too:
   * what follows an answer is compared with it.
   */
  async hasRestarted(isTroubled: boolean): Promise<boolean> {
    const { settleMs, hasRestarted } = this.#options;
    if (settleMs === 0 || hasRestarted === undefined) return false;
    const now = this.#clock.monotonicMs();
    if (!isTroubled && now - this.#askedMs < ASK_EVERY_MS) return false;
    const answer = await hasRestarted();
    this.#askedMs = now;
    return answer;
  }

  /** Takes note that all before a place was taken; the place that may be acknowledged now, when there is a new one. */
  took(position: SpoolPosition): SpoolPosition | undefined {
    const { settleMs, hasRestarted } = this.#options;
    if (settleMs === 0) return position;
    const now = this.#clock.monotonicMs();
    this.#taken.push({ position, atMs: now });
    // Up to here it is known not to have begun anew, as far as it can tell.
    const knownMs = hasRestarted === undefined ? now : this.#askedMs;
    const mostBytes = this.#spool.stats().maxBytes * KEPT_SHARE;
    const unsettled = this.#taken.findIndex(
      ({ position: at, atMs }) => atMs > knownMs - settleMs && this.#spool.bytesAfter(at) <= mostBytes,
    );
    const settled = this.#taken.splice(0, unsettled < 0 ? this.#taken.length : unsettled);
    return settled.at(-1)?.position;
  }

  /** The consumer was away and may have lost what had not settled. */
  forget(): void {
    this.#taken = [];
  }
}
