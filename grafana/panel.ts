import type { SHOWN_METRICS, Shown } from "./exported-metrics.ts";

/** What one dashboard shows, said once; influxql.ts and promql.ts each say it in their language. */
export interface DashboardSpec {
  /** Part of the dashboard's uid and of its file name. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly variables: readonly VariableSpec[];
  /** Whether the surroundings of the host chosen are drawn before all else. */
  readonly hasNodeGraph?: boolean;
  readonly rows: readonly { readonly title: string; readonly panels: readonly PanelSpec[] }[];
}

/** A drop-down whose values are those of a tag, narrowed by the variables before it. */
export interface VariableSpec {
  readonly tag: string;
  readonly label: string;
  /** Where its values are read from. */
  readonly measurement: Shown;
  readonly field: string;
  /** Whether several may be chosen; then all are, at first. */
  readonly multi: boolean;
}

export interface PanelSpec {
  readonly title: string;
  /** In Chinese; the titles are in English. */
  readonly description: string;
  readonly kind: "timeseries" | "stat" | "top";
  readonly unit: GrafanaUnit;
  /** Columns of 24. */
  readonly width: number;
  readonly queries: readonly SeriesQuery[];
  readonly min?: number;
  readonly max?: number;
  readonly stacked?: boolean;
  /**
   * The panel shows shares of a whole (`shareOf`), in percent. Where the data source cannot divide by a sum over other series,
   * Grafana stacks the parts to 100 %, and this is their unit.
   */
  readonly partsUnit?: GrafanaUnit;
  /** Of what is summed over all machines or pairs of a cloud, which would be a million values in steps of seconds. */
  readonly leastStepSeconds?: number;
  /** Points up to so far apart are joined: of what is told now and then. Single points are not drawn. */
  readonly connectsOverSeconds?: number;
  /** Drawn below the axis: what is sent, next to what is received. */
  readonly negative?: RegExp;
  readonly thresholds?: { readonly warning: number; readonly critical: number };
  /** What a figure says where there is no series: of what is told only while there is some. */
  readonly none?: string;
  /** The view of the page Capacity that tells more of this. */
  readonly capacity?: CapacityView;
}

/** As web/ui/app/view-search.ts has them. */
export type CapacityView = "overview" | "hosts" | "projects" | "subnets";

/** Units as Grafana names them. */
export type GrafanaUnit =
  | "percent"
  | "bytes"
  | "Bps"
  | "bps"
  | "pps"
  | "iops"
  | "cps"
  | "s"
  | "short"
  | "none"
  | "bool";

/** One or more series of a panel. */
export interface SeriesQuery {
  readonly measurement: Shown;
  readonly value: ValueSpec;
  /** How series with the same `by` become one. */
  readonly across: "sum" | "mean" | "max" | "min";
  /** `hosts`: of each host, whichever is chosen in the dashboard. `cluster`: what all its hosts say becomes one. */
  readonly per: "host" | "hosts" | "cluster";
  /** Tags that tell series apart, besides cluster and, per host, the host. */
  readonly by: readonly string[];
  readonly where: readonly TagCondition[];
  /** Variables that do not narrow it: its series lack their tags, and would be none as soon as one is chosen. */
  readonly regardless: readonly string[];
  readonly scale: number;
  /** Text with `{{tag}}` in it. */
  readonly legend: string;
  /** Only so many, the largest over the whole time shown. */
  readonly top?: number;
}

/** How the samples of one series within an interval become one value. */
/** `sum`: of a gauge that counts what happened since its last sample. */
export type Take = "rate" | "mean" | "last" | "max" | "sum";

export interface FieldTake<Field extends string = string> {
  readonly field: Field;
  readonly take: Take;
}

export type ValueSpec<Field extends string = string> =
  | { readonly kind: "field"; readonly of: FieldTake<Field> }
  /** Nothing where the denominator is zero. `complement`: what is missing to the whole. */
  | {
      readonly kind: "ratio";
      readonly numerator: FieldTake<Field>;
      /** Summed. */
      readonly denominator: readonly FieldTake<Field>[];
      readonly complement: boolean;
    }
  /** Of all that the hosts of the cluster have of these together, what this one has. InfluxQL answers with the parts only. */
  | { readonly kind: "share"; readonly parts: readonly FieldTake<Field>[] };

/** Every field a value is made of. */
export function takesOf(value: ValueSpec): readonly FieldTake[] {
  switch (value.kind) {
    case "field":
      return [value.of];
    case "ratio":
      return [value.numerator, ...value.denominator];
    case "share":
      return value.parts;
  }
}

export interface TagCondition<Tag extends string = string> {
  readonly tag: Tag;
  readonly op: "=" | "!=";
  readonly value: string;
}

type Catalogue = typeof SHOWN_METRICS;
export type FieldOf<M extends Shown> = keyof Catalogue[M]["fields"] & string;
export type TagOf<M extends Shown> = Catalogue[M]["tags"][number];

export interface Options<M extends Shown> {
  readonly legend: string;
  readonly by?: readonly TagOf<M>[];
  readonly across?: SeriesQuery["across"];
  readonly per?: SeriesQuery["per"];
  readonly where?: readonly TagCondition<TagOf<M>>[];
  readonly regardless?: readonly TagOf<M>[];
  readonly scale?: number;
  readonly top?: number;
}

/** A query of one measurement; that its fields and tags exist is checked when it is compiled. */
export function series<M extends Shown>(
  measurement: M,
  value: ValueSpec<FieldOf<M>>,
  options: Options<M>,
): SeriesQuery {
  const { legend, by = [], across = "sum", per = "host", where = [], regardless = [], scale = 1, top } = options;
  const own = { measurement, value, across, per, by, where, regardless, scale, legend };
  return top === undefined ? own : { ...own, top };
}

const field =
  (take: Take) =>
  <Field extends string>(name: Field): ValueSpec<Field> => ({ kind: "field", of: { field: name, take } });

/** Per second. */
export const rateOf = field("rate");
export const meanOf = field("mean");
export const lastOf = field("last");
export const maxOf = field("max");

const ratio = <Field extends string>(
  take: Take,
  numerator: Field,
  denominator: readonly Field[],
  complement = false,
): ValueSpec<Field> => ({
  kind: "ratio",
  numerator: { field: numerator, take },
  denominator: denominator.map((name) => ({ field: name, take })),
  complement,
});

/** How much of one counter comes with each unit of others together, for instance seconds per read. */
export const rateRatio = <Field extends string>(numerator: Field, ...denominator: readonly Field[]) =>
  ratio("rate", numerator, denominator);

/** What a counter gains each second for each unit of a gauge, for instance of the processors there are. */
export function rateEach<Field extends string>(counter: Field, gauge: Field): ValueSpec<Field> {
  const denominator = [{ field: gauge, take: "last" }] as const;
  return { kind: "ratio", numerator: { field: counter, take: "rate" }, denominator, complement: false };
}

/** The share of one gauge in others together. */
export const share = <Field extends string>(numerator: Field, ...denominator: readonly Field[]) =>
  ratio("last", numerator, denominator);

/** The same, of what both were on average: what ranks may be made of. */
export const meanShare = <Field extends string>(numerator: Field, ...denominator: readonly Field[]) =>
  ratio("mean", numerator, denominator);

/** The share that is not available. */
export const usedShare = <Field extends string>(available: Field, size: Field) =>
  ratio("last", available, [size], true);

/** The share of each host in what these counters count in its cluster. */
export function shareOf<Field extends string>(...fields: readonly Field[]): ValueSpec<Field> {
  return { kind: "share", parts: fields.map((name) => ({ field: name, take: "rate" })) };
}
