import type { Shown } from "../exported-metrics.ts";
import { type FieldOf, type FieldTake, type Options, type SeriesQuery, series, type Take } from "../panel.ts";

/** Half, a third and a quarter of a row of lines that do not go below zero. */
export const HALF = { kind: "timeseries", min: 0, width: 12 } as const;
export const THIRD = { kind: "timeseries", min: 0, width: 8 } as const;
export const QUARTER = { kind: "timeseries", min: 0, width: 6 } as const;
/** What is received, above the axis, and what is sent, below it. */
export const BOTH_WAYS = { kind: "timeseries", width: 12, negative: /out$/ } as const;
/** Summed over all machines, pairs or networks of a cloud of ten thousand hosts. */
export const OF_VERY_MANY = { leastStepSeconds: 60 } as const;
/** Of four figures in a row. */
export const FIGURE = { kind: "stat", width: 6 } as const;
/** The largest over the time shown. */
export const TOP = { kind: "top", min: 0, width: 12 } as const;

interface Each<M extends Shown> extends Omit<Options<M>, "legend" | "top"> {
  /** Stands before the name of each line. */
  readonly of?: string;
}

/** A line for each of these fields, by the names given. */
function lines<M extends Shown>(
  take: Take,
  measurement: M,
  names: { readonly [Field in FieldOf<M>]?: string },
  { of, ...options }: Each<M>,
): readonly SeriesQuery[] {
  const prefix = of === undefined ? "" : `${of} `;
  return Object.entries<string | undefined>(names).map(([field, name]) => {
    const taken = { field, take } as FieldTake<FieldOf<M>>;
    return series(measurement, { kind: "field", of: taken }, { ...options, legend: `${prefix}${name}` });
  });
}

/** Counters, per second. */
export const rates = <M extends Shown>(
  measurement: M,
  names: { readonly [Field in FieldOf<M>]?: string },
  options: Each<M> = {},
) => lines("rate", measurement, names, options);

/** Gauges, as they are. */
export const gauges = <M extends Shown>(
  measurement: M,
  names: { readonly [Field in FieldOf<M>]?: string },
  options: Each<M> = {},
) => lines("last", measurement, names, options);

/** Gauges that count what happened since their last sample. */
export const sums = <M extends Shown>(
  measurement: M,
  names: { readonly [Field in FieldOf<M>]?: string },
  options: Each<M> = {},
) => lines("sum", measurement, names, options);
