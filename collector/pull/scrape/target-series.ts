import { setImmediate as nextTurn } from "node:timers/promises";
import { valueField } from "../../../core/special-value.ts";
import type { Asked } from "../asked.ts";
import { ExpositionPage, type PageFormat } from "../exposition/page.ts";
import type { SeriesText } from "../exposition/series-text.ts";
import { keepsName } from "../name-filter.ts";
import type { PullProblem } from "../problem.ts";
import type { RoundLines } from "../pull-writer.ts";
import type { ScrapeTarget } from "./target.ts";
import { lineBeginning, mergedLabels } from "./target-labels.ts";

/** Samples read before other work has its turn. */
const SAMPLES_PER_TURN = 1_000;

/** What is remembered of a series from page to page. */
interface Remembered {
  /** The line up to the fields; undefined when it is left out by its name. */
  readonly beginning: string | undefined;
  /** The last page it was on. */
  page: number;
  /** Whether its sample there had a time of its own. */
  hasOwnTime: boolean;
  /** Whether it was written, and goes on until we say that it ends. With times of its own it ends when these get old, as in Prometheus. */
  isLive: boolean;
}

/**
 * The series of one target, from page to page: what was on the last one and is not on this one has ended, and a stale marker
 * says so. Pages look alike, so that a series is read once and found by its bytes after that.
 */
export class TargetSeries {
  readonly #target: ScrapeTarget;
  #byText = new Map<string, Remembered>();
  #byBeginning = new Map<string, Remembered>();
  #page = 0;

  constructor(target: ScrapeTarget) {
    this.#target = target;
  }

  /** Adds the page's lines, or on a problem those that end what was there before. */
  async takePage(
    page: { readonly body: Buffer; readonly format: PageFormat },
    atMs: number,
    lines: RoundLines,
  ): Promise<Asked> {
    this.#page++;
    const taken: string[] = [];
    const asked = await this.#read(new ExpositionPage(page.body, page.format), atMs, taken);
    if (asked.problem !== undefined) {
      this.endAll(atMs, lines);
      return asked;
    }
    for (const line of taken) lines.add(line);
    this.#endMissing(atMs, lines);
    return asked;
  }

  /** The target gives nothing now: all its series end. */
  endAll(atMs: number, lines: RoundLines): void {
    for (const known of this.#byBeginning.values()) addEnd(known, atMs, lines);
    this.#byText.clear();
    this.#byBeginning.clear();
  }

  async #read(page: ExpositionPage, atMs: number, lines: string[]): Promise<Asked> {
    const { honorTimestamps, limits } = this.#target.job;
    let [samples, kept, added] = [0, 0, 0];
    const stoppedBy = (problem: PullProblem): Asked => ({ samples, kept, added, problem });
    for (let next = page.next(); next !== undefined; next = page.next()) {
      if (next !== "sample") return stoppedBy(malformed(next.line, next.message));
      const known = this.#knownOf(page);
      if ("reason" in known) return stoppedBy(known);
      if (++samples % SAMPLES_PER_TURN === 0) await nextTurn();
      if (known.beginning !== undefined && ++kept > limits.samples) return stoppedBy(tooManySamples(limits.samples));
      const ownMs = honorTimestamps ? page.atMs : undefined;
      const isNew = known.page === 0;
      // Of the same series twice at one time the first counts, as in Prometheus.
      if (known.page === this.#page && ownMs === undefined) continue;
      known.page = this.#page;
      if (known.beginning === undefined) continue;
      if (isNew) added++;
      known.hasOwnTime = ownMs !== undefined;
      lines.push(`${known.beginning} ${valueField(page.value)} ${ownMs ?? atMs}`);
    }
    return { samples, kept, added };
  }

  #knownOf(page: ExpositionPage): Remembered | PullProblem {
    const text = page.seriesKey();
    const known = this.#byText.get(text);
    if (known !== undefined) return known;
    const series = page.series();
    if ("kind" in series) {
      const { line, message } = page.problem(series);
      return malformed(line, message);
    }
    const made = this.#remember(series);
    if (!("reason" in made)) this.#byText.set(text, made);
    return made;
  }

  #remember(series: SeriesText): Remembered | PullProblem {
    const { job, labels: own } = this.#target;
    if (!keepsName(job.names, series.name)) return { beginning: undefined, page: 0, hasOwnTime: false, isLive: false };
    const labels = mergedLabels(series.labels, own, job.honorLabels);
    const { labels: most, labelValueCharacters: longest } = job.limits;
    if (labels.size > most) return overLimit(`${series.name} has ${labels.size} labels`, `${most}: max_labels`);
    for (const [name, value] of labels) {
      if (value.length <= longest) continue;
      const what = `${name} of ${series.name} has ${value.length} characters`;
      return overLimit(what, `${longest}: max_label_value_characters`);
    }
    const beginning = lineBeginning(series.name, labels);
    // The same series may be written in several ways.
    const known = this.#byBeginning.get(beginning);
    if (known !== undefined) return known;
    const made = { beginning, page: 0, hasOwnTime: false, isLive: false };
    this.#byBeginning.set(beginning, made);
    return made;
  }

  #endMissing(atMs: number, lines: RoundLines): void {
    for (const [beginning, known] of this.#byBeginning) {
      if (known.page === this.#page) {
        known.isLive = !known.hasOwnTime;
        continue;
      }
      addEnd(known, atMs, lines);
      this.#byBeginning.delete(beginning);
    }
    for (const [text, known] of this.#byText) if (known.page !== this.#page) this.#byText.delete(text);
  }
}

function addEnd({ beginning, isLive }: Remembered, atMs: number, lines: RoundLines): void {
  if (isLive && beginning !== undefined) lines.add(`${beginning} ${valueField("stale")} ${atMs}`);
}

function malformed(line: number, message: string): PullProblem {
  return {
    reason: `line ${line} of the page: ${message}`,
    hint: "the exporter does not speak Prometheus' text format there; look at the page, and at the exporter's version",
  };
}

function tooManySamples(limit: number): PullProblem {
  return {
    reason: `the page has more than ${limit} samples`,
    hint: "leave metrics out with include or exclude, or raise max_samples of the job",
  };
}

function overLimit(what: string, limit: string): PullProblem {
  return { reason: `${what}, more than ${limit}`, hint: "leave the metric out with exclude, or raise the limit" };
}
