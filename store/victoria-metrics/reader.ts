import { OperatorError } from "../../core/errors.ts";
import { isRecord, parseJson } from "../../core/json.ts";
import { type Labels, matchesAll } from "../../core/series.ts";
import { tooLarge } from "../embedded/metrics/selection-limit.ts";
import { ask, linesOf, unreadable } from "../http/ask.ts";
import { shortMessage } from "../line-writing/reply.ts";
import type { MetricReader, Selection } from "../metric-store.ts";
import { SeriesGatherer } from "../series-gatherer.ts";
import { type VictoriaConfig, type VictoriaTarget, victoriaTarget } from "./config.ts";
import { selectorOf } from "./selector.ts";
import { holdHint } from "./writer.ts";

export interface VictoriaReaderLimits {
  /** Samples one selection may read; a larger one is refused. */
  readonly samplesPerSelection: number;
  readonly timeoutMs: number;
}

const LIMITS: VictoriaReaderLimits = { samplesPerSelection: 20_000_000, timeoutMs: 30_000 };
/** Of a block of 8,192 samples: as many numbers of up to 330 digits. */
const MAX_LINE_BYTES = 64 * 1024 * 1024;
/** The answer about which series there are has one line. */
const MAX_SERIES_BYTES = 512 * 1024 * 1024;

/**
 * Reads raw samples back. VictoriaMetrics keeps about 15 digits of a number, and none nearer to zero than 2e-308. What came
 * twice it tells twice, in no order: the greatest value of one series and millisecond counts, which is what it keeps itself
 * when it is told to.
 * Errors of its methods: `store.unreachable`, `store.timeout`, `store.refused`, `store.unreadable`, `query.too_large`.
 */
export function createVictoriaReader(config: VictoriaConfig, limits: Partial<VictoriaReaderLimits> = {}): MetricReader {
  const target = victoriaTarget(config);
  const { samplesPerSelection, timeoutMs } = { ...LIMITS, ...limits };
  const lines = async (path: string, query: Query, take: (line: string) => void): Promise<void> => {
    const { parameters, signal, maxLineBytes } = query;
    const body = new URLSearchParams(parameters);
    const question = { url: `${target.readUrl}${path}`, headers: target.headers, body, timeoutMs, signal };
    await ask(question, async (reply) => {
      if (reply.status !== 200) throw refused(target, reply.status, await reply.text());
      for await (const line of linesOf(reply, maxLineBytes)) if (line !== "") take(line);
    });
  };

  return {
    select: async ({ matchers, from, to, signal }) => {
      const gatherer = new SeriesGatherer(samplesPerSelection, "greatest");
      // Block by block: else it puts each series together in memory first, and a line has no bound.
      const span = { start: seconds(Math.ceil(from)), end: seconds(Math.floor(to)), reduce_mem_usage: "1" };
      const parameters = { "match[]": selectorOf(matchers), ...span };
      await lines("/api/v1/export", { parameters, signal, maxLineBytes: MAX_LINE_BYTES }, (line) => {
        const { labels, timesMs, values } = parseExported(line, target);
        if (!matchesAll(labels, matchers)) return;
        const add = gatherer.seriesOf(labels);
        for (const [place, at] of timesMs.entries()) {
          // What is asked for is made seconds and floats on the way.
          if (at >= from && at <= to) add(at, values[place] ?? Number.NaN);
        }
      });
      return gatherer.finish();
    },
    series: async (selection) => {
      const found: Labels[] = [];
      const parameters = presenceOf(selection);
      const { signal, matchers } = selection;
      await lines("/api/v1/query", { parameters, signal, maxLineBytes: MAX_SERIES_BYTES }, (line) => {
        for (const labels of parseVector(line, target)) if (matchesAll(labels, matchers)) found.push(labels);
      });
      if (found.length > samplesPerSelection) throw tooLarge(samplesPerSelection);
      return found;
    },
  };
}

interface Query {
  readonly parameters: { readonly [name: string]: string };
  readonly signal: AbortSignal | undefined;
  readonly maxLineBytes: number;
}

/**
 * Its `/api/v1/series` answers for whole days. A window is open on its left; without `nocache` it looks at an earlier
 * instant than it is asked for.
 */
function presenceOf({ matchers, from, to }: Selection): Query["parameters"] {
  const [first, last] = [Math.max(0, Math.ceil(from)), Math.floor(to)];
  const query = `last_over_time(${selectorOf(matchers)}[${Math.max(1, last - first + 1)}ms])`;
  return { query, time: seconds(last), nocache: "1" };
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(3);
}

interface ExportedBlock {
  readonly labels: Labels;
  readonly timesMs: readonly number[];
  readonly values: readonly number[];
}

function parseExported(line: string, target: VictoriaTarget): ExportedBlock {
  const value = parseJson(line);
  if (!isRecord(value) || !Array.isArray(value.values) || !Array.isArray(value.timestamps)) {
    throw unreadable(target.readUrl, shortMessage(line));
  }
  return { labels: labelsOf(value.metric), timesMs: value.timestamps.map(Number), values: value.values.map(numberOf) };
}

function* parseVector(line: string, target: VictoriaTarget): Iterable<Labels> {
  const value = parseJson(line);
  const data = isRecord(value) ? value.data : undefined;
  const result = isRecord(data) ? data.result : undefined;
  if (!Array.isArray(result)) throw unreadable(target.readUrl, shortMessage(line));
  for (const one of result) if (isRecord(one)) yield labelsOf(one.metric);
}

/** By entries, since a label may be called `__proto__`. */
function labelsOf(metric: unknown): Labels {
  if (!isRecord(metric)) return {};
  return Object.fromEntries(Object.entries(metric).map(([name, value]) => [name, String(value)]));
}

/** JSON has neither NaN, told as null, nor infinity, told as a text. */
function numberOf(value: unknown): number {
  return value === null ? Number.NaN : Number(value);
}

const BUSY_HINT = "see the store's own log; a query it finds too large is answered for a shorter time or fewer series";

function refused(target: VictoriaTarget, status: number, body: string): OperatorError {
  const isUnknownPath = body.includes("unsupported path");
  const isBusy = !isUnknownPath && (status === 400 || status === 422 || status === 429 || status >= 500);
  return new OperatorError({
    code: "store.refused",
    message: `${target.name} answered a query with ${status}: ${shortMessage(body)}`,
    hint: isBusy ? BUSY_HINT : holdHint(isUnknownPath ? 404 : status, target, "read"),
    status: 503,
  });
}
