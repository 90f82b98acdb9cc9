import { queryOptions } from "@tanstack/react-query";
import { type Static, Type } from "typebox";
import type { TimeWindow } from "../model/view-clock.ts";
import { fetchJson } from "./client.ts";

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
}

const STEPS = 180;
const LEAST_STEP_SECONDS = 5;

/** One query per line, all over the same steps. A query that has several series contributes the first. */
export const linesQuery = (queries: readonly { readonly name: string; readonly query: string }[], window: TimeWindow) =>
  queryOptions({
    queryKey: ["lines", queries, window],
    queryFn: async ({ signal }): Promise<Lines> => {
      const grid = stepsOf(window);
      const lines = await Promise.all(
        queries.map(async ({ name, query }) => {
          const params = { query, start: grid.start, end: grid.end, step: grid.step };
          const { data } = await fetchJson(RangeResponse, "/api/v1/query_range", { params, signal });
          return { name, values: onGrid(data.result[0]?.values ?? [], grid) };
        }),
      );
      return { times: grid.times, lines };
    },
    placeholderData: (previous) => previous,
  });

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
