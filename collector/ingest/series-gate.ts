import type { Clock } from "../../core/clock.ts";
import type { Lifetime } from "../../core/lifetime.ts";
import type { Log } from "../../core/log.ts";
import { FullScopeLog } from "../../store/embedded/metrics/full-scope-log.ts";
import type { FullScope } from "../../store/embedded/metrics/series-limits.ts";
import type { Head } from "../head/head.ts";
import { type AskedLines, FITS, KNOWN, type LineStandings } from "../head/line-standings.ts";
import type { LineReader } from "../line-protocol/parse.ts";
import type { SeriesGate, UnsureLines } from "./unsure-lines.ts";

/** Bodies that wait for the head at once: the others go to the head unasked, so that one sender's questions hold up nobody. */
const MOST_ASKING = 2;
const ANSWER_WITHIN_MS = 2_000;

interface GateParts {
  readonly head: Pick<Head, "tight" | "standings">;
  /** The label of lines that have none. */
  readonly cluster: string;
  readonly clock: Clock;
  readonly log: Log;
  /** When the head is busy for longer, it decides when the lines come to it. */
  readonly answerWithinMs?: number | undefined;
}

/**
 * Knows of which lines the head has to be asked before they are taken: those of a scope with little room that are not known to be
 * there. Remembers with a series that the head has it.
 */
export function createSeriesGate(
  { head, cluster, clock, log, answerWithinMs = ANSWER_WITHIN_MS }: GateParts,
  lifetime: Lifetime,
): SeriesGate {
  const fullScopes = new FullScopeLog("lines of new series refused", { clock, log }, lifetime);
  let asking = 0;

  const ask = async (asked: AskedLines): Promise<LineStandings | undefined> => {
    if (asking >= MOST_ASKING) return undefined;
    asking++;
    const signal = AbortSignal.timeout(answerWithinMs);
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
      const { kept } = series;
      return !(kept instanceof SeriesThere && kept.forgettings === tight.forgettings && kept.hasAllOf(line));
    },
    refusedOf: async (unsure, read) => {
      const { forgettings } = head.tight;
      const standings = await ask({ ...read, lines: unsure.text(), cluster });
      const refused = new Map<number, FullScope>();
      if (standings?.places.length !== unsure.count) return refused;
      for (const [place, line] of unsure.lines.entries()) {
        const standing = standings.places[place] ?? FITS;
        const full = standings.full[standing];
        if (full !== undefined) refused.set(line.start, full);
        else if (standing === KNOWN) markThere(line, forgettings);
      }
      for (const full of standings.full) fullScopes.tell(full);
      return refused;
    },
  };
}

function markThere({ series, fields }: UnsureLines["lines"][number], forgettings: number): void {
  if (fields.includes(-1)) return;
  const { kept } = series;
  const there = kept instanceof SeriesThere && kept.forgettings === forgettings ? kept : new SeriesThere(forgettings);
  for (const field of fields) there.add(field);
  series.kept = there;
}

/** Kept with a series: which of its fields the head has, until it forgets some. There may be hundreds of thousands. */
class SeriesThere {
  readonly forgettings: number;
  /** A bit for the number of each field key. */
  readonly #fields: number[] = [];

  constructor(forgettings: number) {
    this.forgettings = forgettings;
  }

  add(field: number): void {
    while (this.#fields.length <= field >> 5) this.#fields.push(0);
    this.#fields[field >> 5] = (this.#fields[field >> 5] ?? 0) | (1 << (field & 31));
  }

  hasAllOf(line: LineReader): boolean {
    for (let place = 0; place < line.fieldCount; place++) {
      const { number } = line.fieldKeyAt(place);
      if (number < 0 || ((this.#fields[number >> 5] ?? 0) & (1 << (number & 31))) === 0) return false;
    }
    return true;
  }
}
