import type { Clock } from "../../core/clock.ts";
import type { Lifetime } from "../../core/lifetime.ts";
import type { Log } from "../../core/log.ts";
import { FullScopeLog } from "../../store/embedded/metrics/full-scope-log.ts";
import type { FullScope } from "../../store/embedded/metrics/series-limits.ts";
import type { Head } from "../head/head.ts";
import { type AskedLines, FITS, KNOWN, type LineStandings } from "../head/line-standings.ts";
import type { LineReader } from "../line-protocol/parse.ts";
import type { SeriesGate } from "./unsure-lines.ts";

/** Bodies that wait for the head at once: the others go to the head unasked, so that one sender's questions hold up nobody. */
const MOST_ASKING = 2;
/** The head is busy for longer: it decides when the lines come to it. */
const ANSWER_WITHIN_MS = 2_000;

interface GateParts {
  readonly head: Pick<Head, "tight" | "standings">;
  /** The label of lines that have none. */
  readonly cluster: string;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Knows of which lines the head has to be asked before they are taken: those of a scope with little room that are not known to be
 * there. Remembers with a series that the head has it.
 */
export function createSeriesGate({ head, cluster, clock, log }: GateParts, lifetime: Lifetime): SeriesGate {
  const fullScopes = new FullScopeLog("lines of new series refused", { clock, log }, lifetime);
  let asking = 0;

  const ask = async (asked: AskedLines): Promise<LineStandings | undefined> => {
    if (asking >= MOST_ASKING) return undefined;
    asking++;
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
    try {
      return await head.standings(asked, signal);
    } catch (error) {
      if (signal.aborted) return undefined;
      throw error;
    } finally {
      asking--;
    }
  };

  return {
    isUnsure: (line) => {
      const { tight } = head;
      if (tight.isEmpty) return false;
      const { series } = line;
      if (!tight.has(series.cluster ?? cluster, series.host, series.fieldKeys.measurement)) return false;
      return !(series.kept instanceof SeriesThere && series.kept.hasAllOf(line, tight.forgettings));
    },
    refusedOf: async (unsure, read) => {
      const { forgettings } = head.tight;
      const standings = await ask({ ...read, lines: unsure.text(), cluster });
      const refused = new Map<number, FullScope>();
      if (standings === undefined) return refused;
      for (const [place, { start, series }] of unsure.lines.entries()) {
        const standing = standings.places[place] ?? FITS;
        const full = standings.full[standing];
        if (full !== undefined) refused.set(start, full);
        else if (standing === KNOWN) series.kept = new SeriesThere(forgettings, series.fieldKeys.size);
      }
      for (const full of standings.full) fullScopes.tell(full);
      return refused;
    },
  };
}

/** Kept with a series that the head has, until the head forgets some. */
class SeriesThere {
  readonly #forgettings: number;
  /** A field key that was learned later may make a series that is new. */
  readonly #fieldKeys: number;

  constructor(forgettings: number, fieldKeys: number) {
    this.#forgettings = forgettings;
    this.#fieldKeys = fieldKeys;
  }

  hasAllOf(line: LineReader, forgettings: number): boolean {
    if (forgettings !== this.#forgettings) return false;
    for (let place = 0; place < line.fieldCount; place++) {
      const { number } = line.fieldKeyAt(place);
      if (number < 0 || number >= this.#fieldKeys) return false;
    }
    return true;
  }
}
