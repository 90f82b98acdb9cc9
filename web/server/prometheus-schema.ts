import { PrometheusParameters } from "../api/prometheus.ts";

/** What the reading paths of the Prometheus API share: form-encoded POST is for queries too long for a URL. */
export const PROMETHEUS_READ: { method: ("GET" | "POST")[]; config: { access: "viewer" } } = {
  method: ["GET", "POST"],
  config: { access: "viewer" },
};

export function prometheusSchema(summary: string) {
  return { tags: ["promql"], summary, querystring: PrometheusParameters };
}
