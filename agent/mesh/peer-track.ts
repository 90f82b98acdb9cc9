/** What a peer does: answers; its machine says that nobody listens there; nothing comes back at all. */
export type PeerState = "unknown" | "answers" | "refuses" | "silent";

/** A question that has no answer after this long has none. */
export const LOST_AFTER_MS = 1_000;

/** Lost in a row, and for at least this long, before a peer counts as silent: one lost packet is a lost packet. */
const SILENT_AFTER_LOST = 3;
const SILENT_AFTER_MS = 4_000;

/** A machine says so at most once a second, and says nothing any more when it dies. */
const REFUSAL_LASTS_MS = 10_000;

export interface PeerCounts {
  /** Since the peer was first asked. A question under way is not counted yet. */
  readonly sent: number;
  readonly lost: number;
}

export interface RoundTrips {
  readonly count: number;
  readonly meanMs: number;
  readonly maxMs: number;
}

/** What came of the questions to one peer. Time is an argument: milliseconds of a clock that never goes back. */
export class PeerTrack {
  readonly #underWay = new Map<number, number>();
  #sent = 0;
  #lost = 0;
  #lostInARow = 0;
  #lostSinceMs = 0;
  #refusedAtMs = Number.NEGATIVE_INFINITY;
  #answered = false;
  #rtts = { count: 0, sumMs: 0, maxMs: 0 };

  asked(number: number, nowMs: number): void {
    this.#underWay.set(number, nowMs);
  }

  /** An answer that comes too late, or twice, changes nothing. */
  answered(number: number, nowMs: number): void {
    const sentMs = this.#underWay.get(number);
    if (sentMs === undefined) return;
    this.#underWay.delete(number);
    if (nowMs - sentMs > LOST_AFTER_MS) {
      this.#settleLost(sentMs);
      return;
    }
    const rttMs = nowMs - sentMs;
    this.#sent++;
    this.#lostInARow = 0;
    this.#answered = true;
    this.#rtts = {
      count: this.#rtts.count + 1,
      sumMs: this.#rtts.sumMs + rttMs,
      maxMs: Math.max(this.#rtts.maxMs, rttMs),
    };
  }

  /** The peer's machine said that nobody listens: it is there, its agent is not. */
  refused(nowMs: number): void {
    this.#refusedAtMs = nowMs;
  }

  /** Questions without an answer are lost once their time is over. */
  expire(nowMs: number): void {
    for (const [number, sentMs] of this.#underWay) {
      if (nowMs - sentMs <= LOST_AFTER_MS) return;
      this.#underWay.delete(number);
      this.#settleLost(sentMs);
    }
  }

  get counts(): PeerCounts {
    return { sent: this.#sent, lost: this.#lost };
  }

  state(nowMs: number): PeerState {
    if (this.#lostInARow >= SILENT_AFTER_LOST && nowMs - this.#lostSinceMs >= SILENT_AFTER_MS) {
      return nowMs - this.#refusedAtMs <= REFUSAL_LASTS_MS ? "refuses" : "silent";
    }
    return this.#answered ? "answers" : "unknown";
  }

  /** Of the answers since the last call; undefined when there was none. */
  takeRoundTrips(): RoundTrips | undefined {
    const { count, sumMs, maxMs } = this.#rtts;
    this.#rtts = { count: 0, sumMs: 0, maxMs: 0 };
    return count === 0 ? undefined : { count, meanMs: sumMs / count, maxMs };
  }

  #settleLost(sentMs: number): void {
    this.#sent++;
    this.#lost++;
    if (this.#lostInARow++ === 0) this.#lostSinceMs = sentMs;
  }
}
