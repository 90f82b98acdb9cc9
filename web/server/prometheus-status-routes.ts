import { type TSchema, Type } from "typebox";
import { PrometheusAlert, PrometheusRuleGroup } from "../api/prometheus.ts";
import type { HttpServer } from "./http.ts";
import { limitOf, parametersOf } from "./prometheus-parameters.ts";
import { METRIC_METADATA } from "./prometheus-replies.ts";
import { PROMETHEUS_READ, prometheusSchema } from "./prometheus-schema.ts";

export interface StatusDeps {
  readonly version: string;
  readonly rules?: () => readonly PrometheusRuleGroup[];
  readonly alerts?: () => readonly PrometheusAlert[];
}

/** The version of Prometheus whose API this is; Grafana reads from it which features it may use. */
const API_VERSION = "3.5.0";

const ofData = <T extends TSchema>(data: T) => Type.Object({ status: Type.Literal("success"), data });

/** Metadata, rules and alerts, exemplars of which there are none, and which API this is. */
export function registerStatusRoutes(scope: HttpServer, deps: StatusDeps): void {
  const config = { access: "viewer" } as const;
  const tags = ["promql"];
  scope.get(
    "/api/v1/metadata",
    { config, schema: prometheusSchema("Type, unit and meaning of metrics") },
    async (request) => {
      const parameters = parametersOf(request);
      const wanted = parameters.get("metric");
      const entries = [...METRIC_METADATA].filter(([name]) => wanted === null || name === wanted);
      const data = entries.slice(0, limitOf(parameters)).map(([name, metadata]) => [name, [metadata]]);
      return { status: "success", data: Object.fromEntries(data) };
    },
  );
  scope.route({
    ...PROMETHEUS_READ,
    url: "/api/v1/query_exemplars",
    schema: prometheusSchema("Exemplars, which are not kept"),
    handler: async () => ({ status: "success", data: [] }),
  });
  const RulesData = ofData(Type.Object({ groups: Type.Array(PrometheusRuleGroup) }));
  scope.get(
    "/api/v1/rules",
    { config, schema: { tags, summary: "Alert rules and their state", response: { 200: RulesData } } },
    async () => ({ status: "success" as const, data: { groups: [...(deps.rules?.() ?? [])] } }),
  );
  const AlertsData = ofData(Type.Object({ alerts: Type.Array(PrometheusAlert) }));
  scope.get(
    "/api/v1/alerts",
    { config, schema: { tags, summary: "Alerts that are pending or firing", response: { 200: AlertsData } } },
    async () => ({ status: "success" as const, data: { alerts: [...(deps.alerts?.() ?? [])] } }),
  );
  const BuildInfo = ofData(Type.Record(Type.String(), Type.String()));
  scope.get(
    "/api/v1/status/buildinfo",
    { config, schema: { tags, summary: "Which API this is", response: { 200: BuildInfo } } },
    async () => ({
      status: "success" as const,
      data: {
        version: API_VERSION,
        revision: `nephoscope-${deps.version}`,
        branch: "",
        buildUser: "",
        buildDate: "",
        goVersion: "",
      },
    }),
  );
}
