import { AnnotationQueryBuilder } from "@grafana/grafana-foundation-sdk/dashboard";
import { type Backend, datasourceOf } from "./backend.ts";
import { IDENTITY_TAGS } from "./filters.ts";
import type { TagCondition, VariableSpec } from "./panel.ts";

/** What is marked in every panel of a dashboard: moments of which the collector wrote a sample (`CLOUD_METRICS`). */
export interface AnnotationSpec {
  readonly name: string;
  readonly color: string;
  readonly measurement: "alerts" | "topology_changes";
  /** Counted over a minute, where marks that follow one another become one; any of them above 0 makes a mark. */
  readonly spans: readonly string[];
  /** Summed over a minute, where each row of an answer is a mark; any of them above 0 makes one. */
  readonly moments: readonly string[];
  /** Tags the mark is named by, the title first. */
  readonly by: readonly [title: string, ...others: string[]];
  readonly where: readonly TagCondition[];
  /** Whether it is too much where no host is chosen. */
  readonly perHost: boolean;
}

export const ANNOTATIONS: readonly AnnotationSpec[] = [
  {
    name: "Alerts",
    color: "red",
    measurement: "alerts",
    spans: ["count"],
    moments: ["started"],
    by: ["alertname", "severity", "host"],
    where: [{ tag: "alertstate", op: "=", value: "firing" }],
    perHost: false,
  },
  {
    name: "Topology changes",
    color: "blue",
    measurement: "topology_changes",
    spans: ["added", "removed"],
    moments: ["added", "removed"],
    by: ["host"],
    where: [],
    perHost: true,
  },
];

/** Annotations of a dashboard, narrowed by its cluster and host. */
export function annotationsOf(variables: readonly VariableSpec[], backend: Backend): readonly AnnotationQueryBuilder[] {
  const chosen = IDENTITY_TAGS.filter((tag) => variables.some((variable) => variable.tag === tag));
  return ANNOTATIONS.filter(({ perHost }) => !perHost || chosen.includes("host")).map((spec) =>
    backend.annotate(
      new AnnotationQueryBuilder().name(spec.name).enable(true).iconColor(spec.color).datasource(datasourceOf(backend)),
      chosen.includes("host") ? spec : acrossHosts(spec),
      chosen,
    ),
  );
}

/** Where no host is chosen a storm is one mark of its rule, and not one of each of ten thousand hosts. */
export function acrossHosts(spec: AnnotationSpec): AnnotationSpec {
  const [title, ...others] = spec.by;
  return { ...spec, by: [title, ...others.filter((tag) => tag !== "host")] };
}
