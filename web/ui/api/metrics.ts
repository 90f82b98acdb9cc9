import { queryOptions } from "@tanstack/react-query";
import { type Static, Type } from "typebox";
import { systemClock } from "../../../core/clock.ts";
import { compareNames } from "../model/contents.ts";
import type { TimeWindow } from "../model/view-clock.ts";
import { fetchJson } from "./client.ts";
import { reachingBack } from "./look-back.ts";

/** `GET /api/v1/query_range` as Prometheus answers it. */
const RangeResponse = Type.Object({
  status: Type.Literal("success"),
  data: Type.Object({
    resultType: Type.Literal("matrix"),
    result: Type.Array(
      Type.Object({
        metric: Type.Record(Type.String(), Type.String()),
        values: Type.Array(Type.Tuple([Type.Number(), Type.String()])),
      }),
    ),
  }),
});

/** One line of a chart: values at the steps of the whole range; null where there was no sample. */
export interface Line {
  readonly name: string;
  readonly values: readonly (number | null)[];
}

export interface Lines {
  /** Seconds since the epoch, one per step. */
  readonly times: readonly number[];
  readonly lines: readonly Line[];
  /** Series that are not among the lines because others are larger. */
  readonly leftOut: number;
}

/** What a line is asked by; see `ChartLine` of the chart plans. */
export interface LineQuery {
  readonly name: string;
  readonly query: string;
  readonly by?: readonly string[];
  readonly always?: string;
}

const STEPS = 180;
const LEAST_STEP_SECONDS = 5;
/** Lines one chart can have and still be read. */
export const MOST_LINES = 8;

/** One query per line, all over the same steps. A query without `by` that has several series contributes the first. */
export const linesQuery = (queries: readonly LineQuery[], window: TimeWindow) =>
  queryOptions({
    queryKey: ["lines", queries, window],
    queryFn: async ({ signal }): Promise<Lines> => {
      const grid = stepsOf(window);
      const most = Math.floor(MOST_LINES / Math.max(1, queries.filter(({ by }) => by !== undefined).length));
      const drawn = await Promise.all(
        queries.map(async (line) => {
          const age = (systemClock.now() - window.to) / 1_000;
          const query = reachingBack(line.query, { step: grid.step, age });
          const params = { query, start: grid.start, end: grid.end, step: grid.step };
          const { data } = await fetchJson(RangeResponse, "/api/v1/query_range", { params, signal });
          // A line that is known beforehand is there, though it has no samples.
          const isNone = data.result.length === 0 && line.by === undefined;
          const result = isNone ? [{ metric: {}, values: [] }] : data.result;
          const series = result.map(({ metric, values }) => ({ metric, values: onGrid(values, grid) }));
          return linesOf(line, series, most);
        }),
      );
      return {
        times: grid.times,
        lines: drawn.flatMap(({ lines }) => lines),
        leftOut: drawn.reduce((sum, { leftOut }) => sum + leftOut, 0),
      };
    },
    placeholderData: (previous) => previous,
  });

/** Whether there ever was a series that one of these selectors matches. */
export const measuredQuery = (selectors: readonly string[]) =>
  queryOptions({
    queryKey: ["measured", selectors],
    queryFn: async ({ signal }): Promise<boolean> => {
      const search = new URLSearchParams([...selectors.map((selector) => ["match[]", selector]), ["limit", "1"]]);
      const { data } = await fetchJson(SeriesResponse, `/api/v1/series?${search}`, { signal });
      return data.length > 0;
    },
    staleTime: MEASURED_AGAIN_MS,
    refetchInterval: MEASURED_AGAIN_MS,
  });

/** A source may come to a host at any time. */
const MEASURED_AGAIN_MS = 60_000;

/** `GET /api/v1/series` as Prometheus answers it. */
const SeriesResponse = Type.Object({
  status: Type.Literal("success"),
  data: Type.Array(Type.Record(Type.String(), Type.String())),
});

interface NamedSeries {
  readonly metric: { readonly [label: string]: string };
  readonly values: Line["values"];
}

/** The lines of one query, in the order of their names so that a colour stays with its series. */
export function linesOf(
  { name, by, always }: LineQuery,
  series: readonly NamedSeries[],
  most: number,
): Pick<Lines, "lines" | "leftOut"> {
  if (by === undefined) return { lines: series.slice(0, 1).map(({ values }) => ({ name, values })), leftOut: 0 };
  const named = series.map(({ metric, values }) => ({ own: ownNameOf(metric, by), values, size: sizeOf(values) }));
  named.sort((one, other) => Number(other.own === always) - Number(one.own === always) || other.size - one.size);
  const lines = named
    .slice(0, most)
    .map(({ own, values }) => ({ name: [own, name].filter((word) => word !== "").join(" "), values }))
    .sort((one, other) => compareNames(one.name, other.name));
  return { lines, leftOut: Math.max(0, series.length - most) };
}

function ownNameOf(metric: NamedSeries["metric"], by: readonly string[]): string {
  const words = by.flatMap((label) => metric[label] || []);
  return words.length === 0 ? "–" : words.join(" ");
}

function sizeOf(values: Line["values"]): number {
  return values.reduce<number>((sum, value) => sum + Math.abs(value ?? 0), 0);
}

export interface Grid {
  readonly start: number;
  readonly end: number;
  readonly step: number;
  readonly times: readonly number[];
}

/** Steps at whole multiples of the step, so that neighbouring windows ask for the same instants. */
export function stepsOf(window: TimeWindow): Grid {
  const spanSeconds = (window.to - window.from) / 1_000;
  const step = Math.max(LEAST_STEP_SECONDS, Math.ceil(spanSeconds / STEPS));
  const start = Math.ceil(window.from / 1_000 / step) * step;
  const end = Math.floor(window.to / 1_000 / step) * step;
  const times = Array.from({ length: Math.max(0, Math.round((end - start) / step) + 1) }, (_, i) => start + i * step);
  return { start, end, step, times };
}

export function onGrid(values: readonly Static<typeof SampleSchema>[], grid: Grid): readonly (number | null)[] {
  const byStep = new Map(values.map(([time, text]) => [Math.round((time - grid.start) / grid.step), Number(text)]));
  return grid.times.map((_, index) => {
    const value = byStep.get(index);
    return value === undefined || !Number.isFinite(value) ? null : value;
  });
}

const SampleSchema = Type.Tuple([Type.Number(), Type.String()]);
