import { PrometheusParameters } from "../api/prometheus.ts";

/** What the reading paths of the Prometheus API share: form-encoded POST is for queries too long for a URL. */
export const PROMETHEUS_READ: {
  method: ("GET" | "POST")[];
  config: { access: "viewer"; operation: { none: string } };
} = {
  method: ["GET", "POST"],
  config: { access: "viewer", operation: { none: "a question" } },
};

export function prometheusSchema(summary: string) {
  return { tags: ["promql"], summary, querystring: PrometheusParameters };
}
