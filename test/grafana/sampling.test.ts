import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { HOSTS_EVERY_MS } from "../../cli/up/cloud-metrics.ts";
import { GAUGES_EVERY_MS } from "../../collector/openstack/start.ts";
import { OPENSTACK_METRICS } from "../../core/metrics/openstack-metrics.ts";
import { SWITCH_METRICS } from "../../core/metrics/switch-metrics.ts";
import { BACKENDS, buildDashboard, DASHBOARDS } from "../../grafana/build.ts";
import { EXPORTED_METRICS, SHOWN_METRICS, type Shown } from "../../grafana/exported-metrics.ts";
import { samplingSeconds } from "../../grafana/sampling.ts";

const schema = JSON.parse(readFileSync(join(import.meta.dirname, "../../config.schema.json"), "utf8"));
const intervalOf = (section: string): number => schema.properties[section].items.properties.interval_seconds.default;

describe("the time between two samples is that of who writes them", () => {
  const slower: Readonly<Record<string, number>> = {
    cloud_host: HOSTS_EVERY_MS / 1_000,
    ...Object.fromEntries(Object.keys(OPENSTACK_METRICS).map((name) => [name, GAUGES_EVERY_MS / 1_000])),
    ...Object.fromEntries(Object.keys(SWITCH_METRICS).map((name) => [name, intervalOf("snmp")])),
    ...Object.fromEntries(Object.keys(EXPORTED_METRICS).map((name) => [name, intervalOf("control_plane")])),
  };
  const agent: number = schema.properties.agent.properties.interval_seconds.default;

  test.each(Object.keys(SHOWN_METRICS) as Shown[])("%s", (measurement) => {
    expect(samplingSeconds(measurement)).toBe(slower[measurement] ?? agent);
  });

  test("an exporter that is scraped as is has the same pace", () => {
    expect(intervalOf("scrape")).toBe(intervalOf("control_plane"));
  });
});

test("no panel has a step shorter than two samples of what it shows", () => {
  for (const spec of DASHBOARDS) {
    for (const backend of BACKENDS) {
      const built = buildDashboard(spec, backend).panels?.filter(({ type }) => type !== "row" && type !== "nodeGraph");
      for (const [i, { title, queries, leastStepSeconds = 0 }] of spec.rows.flatMap(({ panels }) => panels).entries()) {
        const panel = built?.[i];
        const least = panel !== undefined && "interval" in panel ? panel.interval : undefined;
        const slowest = Math.max(...queries.map(({ measurement }) => samplingSeconds(measurement)));
        expect(least, `${spec.name}: ${title}`).toBe(`${Math.max(2 * slowest, leastStepSeconds)}s`);
      }
    }
  }
});
