import { METRIC_CATALOGUE, type MeasurementSpec } from "../core/metric-catalogue.ts";
import { promqlName } from "../core/series.ts";

/** The text of docs/metrics.md: every metric Nephoscope itself writes. */
export function metricReference(): string {
  const catalogue: Readonly<Record<string, MeasurementSpec>> = METRIC_CATALOGUE;
  const sections = Object.entries(catalogue).map(([measurement, { source, tags, fields }]) => {
    const labels = ["cluster", "host", ...tags].map((tag) => `\`${tag}\``).join(", ");
    const rows = Object.entries(fields).map(
      ([field, { kind, unit, en, zh }]) =>
        `| \`${promqlName(measurement, field)}\` | ${kind} | ${unit} | ${en} | ${zh} |`,
    );
    return [
      `## ${measurement}`,
      "",
      `InfluxDB measurement \`${measurement}\`; labels ${labels}. Source: ${source}.`,
      "",
      "| PromQL name | kind | unit | meaning | 含义 |",
      "|---|---|---|---|---|",
      ...rows,
      "",
    ].join("\n");
  });
  return `# Metrics\n\nGenerated from core/metric-catalogue.ts by \`nephoscope generate\`.\n\n${sections.join("\n")}`;
}
