import type { Builder, Dataquery } from "@grafana/grafana-foundation-sdk/cog";
import type { DataSourceRef } from "@grafana/grafana-foundation-sdk/common";
import type { AnnotationQueryBuilder } from "@grafana/grafana-foundation-sdk/dashboard";
import { DataqueryBuilder } from "@grafana/grafana-foundation-sdk/prometheus";
import type { AnnotationSpec } from "./annotations.ts";
import { influxqlAlias, influxqlAnnotation, influxqlVariable, toInfluxql } from "./influxql.ts";
import type { SeriesQuery, VariableSpec } from "./panel.ts";
import { ANNOTATION_STEP, promqlAnnotation, promqlVariable, toPromql } from "./promql.ts";

/** A data source a dashboard can be built for. */
export interface Backend {
  /** Folder of its dashboards and end of their uid; also Grafana's name of the plugin. */
  readonly name: "influxdb" | "prometheus";
  /** For people. */
  readonly label: string;
  target(query: SeriesQuery, refId: string, variables: readonly VariableSpec[]): Builder<Dataquery>;
  /** The query of a variable, narrowed by the variables before it. */
  variable(variable: VariableSpec, before: readonly VariableSpec[]): string;
  /** Adds to an annotation what is asked, narrowed by the variables of these tags. */
  annotate(builder: AnnotationQueryBuilder, spec: AnnotationSpec, chosen: readonly string[]): AnnotationQueryBuilder;
  /** Whether a query can divide by a sum over other series; else Grafana makes shares of the parts. */
  readonly canDivideByAll: boolean;
  /** Whether the answer of a top list is one table, and not one series for each entry. */
  readonly topIsTable: boolean;
}

/** The dashboard's variable `datasource`, so that it works whatever the data source is called. */
export function datasourceOf(backend: Backend): DataSourceRef {
  return { type: backend.name, uid: "${datasource}" };
}

export const PROMETHEUS: Backend = {
  name: "prometheus",
  label: "Prometheus (Nephoscope's own API)",
  canDivideByAll: true,
  topIsTable: false,
  target(query, refId, variables) {
    const target = new DataqueryBuilder()
      .refId(refId)
      .datasource(datasourceOf(PROMETHEUS))
      .expr(toPromql(query, variables))
      .legendFormat(query.legend);
    return query.top === undefined ? target.range() : target.instant();
  },
  annotate: (builder, spec, chosen) =>
    builder
      .target(new DataqueryBuilder().refId("Anno").expr(promqlAnnotation(spec, chosen)).interval(ANNOTATION_STEP))
      .titleFormat(`{{${spec.by[0]}}}`)
      .textFormat(spec.by.map((tag) => `{{${tag}}}`).join(" "))
      .tagKeys(spec.by.join(",")),
  variable: promqlVariable,
};

/** A raw InfluxQL query as Grafana's InfluxDB data source keeps it; the SDK has no type for it. */
interface InfluxqlTarget extends Dataquery {
  readonly refId: string;
  readonly datasource: DataSourceRef;
  readonly rawQuery: true;
  readonly query: string;
  readonly resultFormat: "time_series" | "table";
  readonly alias: string;
}

/** An InfluxQL query of an annotation: each row of its answer is a mark, named by columns. */
interface InfluxqlAnnotation extends Dataquery {
  readonly refId: string;
  readonly fromAnnotations: true;
  readonly query: string;
  readonly titleColumn: string;
  readonly textColumn: string;
  readonly tagsColumn: string;
}

export const INFLUXDB: Backend = {
  name: "influxdb",
  label: "InfluxDB (InfluxQL)",
  canDivideByAll: false,
  topIsTable: true,
  target(query, refId, variables) {
    const target: InfluxqlTarget = {
      refId,
      datasource: datasourceOf(INFLUXDB),
      rawQuery: true,
      query: toInfluxql(query, variables),
      resultFormat: query.top === undefined ? "time_series" : "table",
      alias: influxqlAlias(query.legend),
      _implementsDataqueryVariant() {},
    };
    return { build: () => target };
  },
  annotate(builder, spec, chosen) {
    const [titleColumn, ...others] = spec.by;
    const target: InfluxqlAnnotation = {
      refId: "Anno",
      fromAnnotations: true,
      query: influxqlAnnotation(spec, chosen),
      titleColumn,
      textColumn: titleColumn,
      tagsColumn: others.join(","),
      _implementsDataqueryVariant() {},
    };
    return builder.target({ build: () => target });
  },
  variable: influxqlVariable,
};
