import type { Clock } from "../../core/clock.ts";

/** One permission to send a full state; given back when it is recorded, refused or abandoned. */
export interface FullStateTurn {
  release(): void;
}

/** Bounds how many full states are in flight, so that a collector restart does not pull them all at once. */
export interface FullStateTurns {
  /**
   * Undefined when all are taken: say `later`, with `retryAfterMs`. `onTakenBack` is called when the turn ends without
   * having been released: its holder must let go of what it has received.
   */
  take(onTakenBack: () => void): FullStateTurn | undefined;
  /** Grows with the number of agents turned away, so that they do not all come back at once. */
  retryAfterMs(): number;
}

const RETRY_FIRST_MS = 500;
const RETRY_STEP_MS = 100;
const RETRY_STEPS = 50;

/** A turn that is not released within `timeoutMs` is taken back as soon as somebody asks for one. */
export function createFullStateTurns(bound: number, timeoutMs: number, clock: Clock): FullStateTurns {
  const taken = new Map<FullStateTurn, { readonly since: number; readonly onTakenBack: () => void }>();
  let turnedAway = 0;
  return {
    take(onTakenBack) {
      const now = clock.monotonicMs();
      for (const [turn, holder] of taken) {
        if (now - holder.since <= timeoutMs) continue;
        taken.delete(turn);
        holder.onTakenBack();
      }
      if (taken.size >= bound) return undefined;
      const turn: FullStateTurn = { release: () => taken.delete(turn) };
      taken.set(turn, { since: now, onTakenBack });
      return turn;
    },
    retryAfterMs() {
      turnedAway = (turnedAway + 1) % RETRY_STEPS;
      return RETRY_FIRST_MS + turnedAway * RETRY_STEP_MS;
    },
  };
}
