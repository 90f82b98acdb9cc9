import type { Clock } from "../../core/clock.ts";
import { type ApiError, isApiError } from "./api/api-error.ts";
import type { Hints, Later } from "./pending-hints.ts";

/** Something the user may not ask, or the cloud does not have: the rest goes on without it. */
export interface Missing {
  readonly what: string;
  readonly reason: string;
  readonly hint: string;
}

/** One going through the lists of a service. */
export interface Round {
  readonly signal: AbortSignal;
  readonly clock: Clock;
  missing(missing: Missing): void;
  /** Objects that were read. */
  count(objects: number): void;
  /**
   * Called between two answers, when all of the one before is recorded: looks at what hints name meanwhile, so that a long round
   * delays none. The answer that is asked for next is younger than what was seen then.
   */
  between(): Promise<void>;
}

/** What is done with one service of one region. */
export interface ServiceSync {
  /** Reads everything. Errors: ApiError, and those of the recorder; then what was not read to its end lost nothing. */
  full(round: Round): Promise<void>;
  /** Reads what may have changed since the round before. Undefined: there is nothing cheap to ask. */
  poll?(round: Round): Promise<void>;
  /** Asked for what changed in each so many looks of the cloud; 1 when left out. */
  readonly looksEach?: number;
  /** The catalogue has no such service. What is not told for that. */
  absent?(): readonly Missing[];
  /**
   * Asks for what hints name, after everything was read once. Resolves with what is to be looked at later.
   * Undefined: a hint is a reason for a round.
   */
  look?(hints: Hints, round: Round): Promise<readonly Later[]>;
  /** Rises when everything has to be read anew, as names of projects may have come. */
  generation?(): number;
}

/** Does without what is forbidden or not there (or what else `isMissing` says), and names it. */
export async function unlessMissing(
  what: string,
  round: Round,
  ask: () => Promise<void>,
  isMissing: (error: unknown) => error is ApiError = isForbiddenOrNone,
): Promise<void> {
  try {
    await ask();
  } catch (error) {
    if (!isMissing(error)) throw error;
    round.missing({ what, reason: error.message, hint: error.hint });
  }
}

function isForbiddenOrNone(error: unknown): error is ApiError {
  return isApiError(error, "forbidden", "not_found");
}
