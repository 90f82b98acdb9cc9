import { type ApiError, isApiError, isOfOneQuestion } from "./api/api-error.ts";
import { type ApiObject, numberAt } from "./api/words.ts";
import type { Round } from "./round.ts";

/** What a project may have of each resource, in our units; without those that have no limit. */
export type Limits = ReadonlyMap<string, number>;

export interface QuotaTurnsOptions {
  /** Asks for those of one project. Errors: ApiError. */
  ask(project: string, round: Round): Promise<void>;
  /** Looks between two whole readings: questions are spread over them. */
  readonly looksBetween: number;
}

/** Quotas change when people change them. */
const ANEW_MS = 3_600_000;
/** Of one look; more projects than come to be asked in an hour are asked less often. */
const MOST_A_LOOK = 10;

/** Asks for the quotas of one project after the other, a few at each look: no list has those of all. */
export class QuotaTurns {
  readonly #options: QuotaTurnsOptions;
  /** By the monotonic clock. */
  readonly #askedMs = new Map<string, number>();
  #waiting: string[] = [];
  #portion = 1;
  #refusal: ApiError | undefined;
  /** By project, why its quotas are not told; it is asked for again with everything, after all others. */
  readonly #failed = new Map<string, ApiError>();

  constructor(options: QuotaTurnsOptions) {
    this.#options = options;
  }

  /** These are all the projects there are; one is asked for, so that a right that is missing shows. */
  async begin(projects: ReadonlySet<string>, round: Round): Promise<void> {
    for (const known of [this.#askedMs, this.#failed]) {
      for (const project of known.keys()) if (!projects.has(project)) known.delete(project);
    }
    const nowMs = round.clock.monotonicMs();
    const asked = (project: string) => this.#askedMs.get(project) ?? Number.NEGATIVE_INFINITY;
    this.#waiting = [...projects]
      .filter((project) => nowMs - asked(project) >= ANEW_MS)
      .toSorted((a, b) => asked(a) - asked(b))
      .toSorted((a, b) => Number(this.#failed.has(a)) - Number(this.#failed.has(b)));
    this.#portion = Math.min(MOST_A_LOOK, Math.ceil(this.#waiting.length / this.#options.looksBetween));
    this.#refusal = await this.#askSome(1, round);
    if (this.#refusal !== undefined) round.missing({ ...MISSING, reason: this.#refusal.message });
    else this.#tellFailed(round);
  }

  /** What was refused is asked for again with everything, and else not. */
  async look(round: Round): Promise<void> {
    if (this.#refusal === undefined) this.#refusal = await this.#askSome(this.#portion, round);
    this.#tellFailed(round);
  }

  #tellFailed(round: Round): void {
    const [first] = this.#failed;
    if (first === undefined) return;
    const [project, { message, hint }] = first;
    const reason = `those of ${this.#failed.size} projects could not be read, as of ${project}: ${message}`;
    round.missing({ what: "quotas of some projects", reason, hint });
  }

  /** Why that is not allowed; undefined when it is. */
  async #askSome(count: number, round: Round): Promise<ApiError | undefined> {
    for (const project of this.#waiting.slice(0, count)) {
      try {
        await this.#options.ask(project, round);
      } catch (error) {
        if (isApiError(error, "forbidden")) return error;
        if (!isOfOneQuestion(error)) throw error;
        // A project that Keystone has no more is a bad question to Nova.
        if (!isApiError(error, "not_found", "refused")) {
          this.#failed.set(project, error);
          this.#waiting.shift();
          continue;
        }
      }
      this.#failed.delete(project);
      this.#askedMs.set(project, round.clock.monotonicMs());
      this.#waiting.shift();
    }
    return undefined;
  }
}

const MISSING = {
  what: "quotas of projects",
  hint: "give the user what os-quota-sets asks for, or projects have no totals; see docs/openstack.md",
};

/** `names`: the service's name of each resource, ours, and how many of ours one of its units is. -1 is no limit. */
export function limitsOf(
  quota: ApiObject,
  names: readonly (readonly [theirs: string, ours: string, unit: number])[],
): Limits {
  const limits = new Map<string, number>();
  for (const [theirs, ours, unit] of names) {
    const limit = numberAt(quota, theirs);
    if (limit !== undefined && limit >= 0) limits.set(ours, limit * unit);
  }
  return limits;
}
