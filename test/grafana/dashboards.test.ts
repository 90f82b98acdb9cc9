import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { MeasurementSpec } from "../../core/metric-catalogue.ts";
import type { Backend } from "../../grafana/backend.ts";
import { BACKENDS, buildDashboard, DASHBOARDS } from "../../grafana/build.ts";
import { SHOWN_METRICS } from "../../grafana/exported-metrics.ts";
import { groupTags, tagsOf } from "../../grafana/filters.ts";
import { influxqlAlias, influxqlVariable, toInfluxql } from "../../grafana/influxql.ts";
import { lastOf, rateOf, series, shareOf, takesOf, type VariableSpec } from "../../grafana/panel.ts";
import { promqlVariable, toPromql } from "../../grafana/promql.ts";
import { parseQuery } from "../../promql/parse.ts";
import { GraphEdge, GraphNode } from "../../web/api/node-graph.ts";
import { parseViewSearch } from "../../web/ui/app/view-search.ts";

const ROUTES = join(import.meta.dirname, "../../web/ui/app/router.tsx");

const host: VariableSpec = { tag: "host", label: "Host", measurement: "net_if", field: "rx_bytes", multi: false };
const netns: VariableSpec = { ...host, tag: "netns", multi: true };

test("a query is said in both languages", () => {
  const query = series("net_if", rateOf("rx_bytes"), {
    legend: "{{interface}} in",
    by: ["interface"],
    where: [{ tag: "kind", op: "!=", value: "loopback" }],
    scale: 8,
  });
  expect(toPromql(query, [host])).toBe(
    '8 * sum by (cluster, host, interface) (rate(net_if_rx_bytes{host=~"$host", kind!="loopback"}[$__rate_interval]))',
  );
  expect(toInfluxql(query, [host])).toBe(
    'SELECT 8.0 * sum("v") AS "value" FROM (SELECT non_negative_derivative(last("rx_bytes"), 1s) AS "v" FROM "net_if" ' +
      `WHERE "host" =~ /^$host$/ AND "kind" != 'loopback' AND $timeFilter ` +
      'GROUP BY time($__interval), "cluster", "host", "netns", "interface", "kind", "service", "router_id", "network_id", "side" fill(none)) WHERE $timeFilter ' +
      'GROUP BY time($__interval), "cluster", "host", "interface" fill(none)',
  );
  expect(influxqlAlias(query.legend)).toBe("$tag_interface in");
});

test("a share is divided by the sum over its cluster where that can be said, and its parts where not", () => {
  const query = series("network_node", shareOf("rx_bytes", "tx_bytes"), { legend: "{{host}}", scale: 100 });
  const parts =
    "(sum by (cluster, host) (rate(network_node_rx_bytes{}[$__rate_interval])) + " +
    "sum by (cluster, host) (rate(network_node_tx_bytes{}[$__rate_interval])))";
  expect(toPromql(query, [])).toBe(`100 * ${parts} / on (cluster) group_left () sum by (cluster) ${parts}`);
  expect(toInfluxql(query, [])).toBe(
    'SELECT 1.0 * sum("v") AS "value" FROM (SELECT non_negative_derivative(last("rx_bytes"), 1s) + ' +
      'non_negative_derivative(last("tx_bytes"), 1s) AS "v" FROM "network_node" WHERE $timeFilter ' +
      'GROUP BY time($__interval), "cluster", "host" fill(none)) WHERE $timeFilter ' +
      'GROUP BY time($__interval), "cluster", "host" fill(none)',
  );
});

test("a panel of shares is in percent where the query divides, else its parts are stacked to 100 %", () => {
  const spec = DASHBOARDS.find(({ name }) => name === "network-nodes");
  const shown = BACKENDS.map((backend) => {
    const panel = spec && buildDashboard(spec, backend).panels?.find((each) => each.title === "Share of traffic");
    const defaults = panel !== undefined && "fieldConfig" in panel ? panel.fieldConfig?.defaults : undefined;
    return { name: backend.name, unit: defaults?.unit, mode: defaults?.custom?.stacking?.mode };
  });
  expect(shown).toEqual([
    { name: "influxdb", unit: "Bps", mode: "percent" },
    { name: "prometheus", unit: "percent", mode: "normal" },
  ]);
});

test("what is asked of each host, or of the whole cluster, is asked whichever host is chosen", () => {
  const of = (per: "host" | "hosts" | "cluster") =>
    toPromql(series("net_if", rateOf("rx_bytes"), { legend: "", per }), [host]);
  expect([of("host"), of("hosts"), of("cluster")]).toEqual([
    'sum by (cluster, host) (rate(net_if_rx_bytes{host=~"$host"}[$__rate_interval]))',
    "sum by (cluster, host) (rate(net_if_rx_bytes{}[$__rate_interval]))",
    "sum by (cluster) (rate(net_if_rx_bytes{}[$__rate_interval]))",
  ]);
});

test("what is told of a whole cluster is not narrowed by a zone", () => {
  const zone: VariableSpec = { tag: "zone", label: "Zone", measurement: "cloud_host", field: "up", multi: true };
  const of = (regardless: readonly "zone"[]) =>
    series("os_capacity", lastOf("used"), { legend: "", per: "cluster", regardless });
  expect([of([]), of(["zone"])].map((query) => toPromql(query, [zone]))).toEqual([
    'sum by (cluster) (last_over_time(os_capacity_used{zone=~"$zone"}[$__interval]))',
    "sum by (cluster) (last_over_time(os_capacity_used{}[$__interval]))",
  ]);
});

test("capacity of what is in no zone is shown whichever zone is chosen", () => {
  const ofNoZone = /scope=\\?"(cluster|region|project|network|pool)\\?"/;
  for (const { name, variables, rows } of DASHBOARDS) {
    for (const { title, queries } of rows.flatMap(({ panels }) => panels)) {
      const narrowed = queries.map((query) => toPromql(query, variables)).filter((text) => ofNoZone.test(text));
      expect(
        narrowed.filter((text) => text.includes("$zone")),
        `${name}: ${title}`,
      ).toEqual([]);
    }
  }
});

test("a variable is narrowed by those before it", () => {
  expect(promqlVariable(netns, [host])).toBe('label_values(net_if_rx_bytes{host=~"$host"}, netns)');
  expect(promqlVariable(host, [])).toBe("label_values(net_if_rx_bytes, host)");
  expect(influxqlVariable(netns, [host])).toBe(
    'SHOW TAG VALUES FROM "net_if" WITH KEY = "netns" WHERE "host" =~ /^$host$/',
  );
});

const panels = DASHBOARDS.flatMap(({ name, variables, rows }) =>
  rows.flatMap((row) => row.panels.map((panel) => ({ name: `${name}: ${panel.title}`, panel, variables }))),
);

describe.each(panels)("$name", ({ panel, variables }) => {
  test("asks for counters as rates and for gauges as they are, of tags that exist", () => {
    for (const { measurement, value, by, where } of panel.queries) {
      const { fields }: MeasurementSpec = SHOWN_METRICS[measurement];
      for (const { field, take } of takesOf(value)) {
        expect(fields[field]?.kind, field).toBe(take === "rate" ? "counter" : "gauge");
      }
      const tags = tagsOf(measurement);
      expect([...by, ...where.map(({ tag }) => tag)].filter((tag) => !tags.includes(tag))).toEqual([]);
    }
  });

  test("ranks by what InfluxQL and PromQL both have over the whole time shown: rates and means", () => {
    const ranked = panel.queries.filter(({ top }) => top !== undefined);
    const takes = ranked.flatMap(({ value }) => takesOf(value).map(({ take }) => take));
    expect(takes.filter((take) => take !== "rate" && take !== "mean")).toEqual([]);
  });

  test("names in its legends only tags its series have", () => {
    for (const query of panel.queries) {
      const named = [...query.legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, tag]) => tag ?? "");
      expect(named.filter((tag) => !groupTags(query).includes(tag))).toEqual([]);
    }
  });

  test("is valid PromQL once Grafana has filled in the variables, and has no integers in its InfluxQL", () => {
    for (const query of panel.queries) {
      const filled = toPromql(query, variables)
        .replace(/\$__\w+/g, "1m")
        .replace(/\$\w+/g, "x");
      expect(() => parseQuery(filled)).not.toThrow();
      const factors = toInfluxql(query, variables).match(/(?<=SELECT |- )\d\S*/g) ?? [];
      expect(factors.filter((factor) => !/^\d+\.\d+$/.test(factor))).toEqual([]);
    }
  });

  test("has a title in English and a description in Chinese", () => {
    expect(panel.title).toMatch(/^[\x20-\x7e]+$/);
    expect(panel.description).toMatch(/\p{Script=Han}/u);
  });
});

describe.each(BACKENDS)("for $name", (backend) => {
  test("panels have their own ids and lie side by side without overlap", () => {
    for (const spec of DASHBOARDS) {
      const built = buildDashboard(spec, backend).panels ?? [];
      expect(new Set(built.map(({ id }) => id)).size).toBe(built.length);
      const places = built.map(({ gridPos }) => gridPos);
      for (const [i, a] of places.entries()) {
        expect((a?.x ?? 0) + (a?.w ?? 0)).toBeLessThanOrEqual(24);
        for (const b of places.slice(i + 1)) expect(a !== undefined && b !== undefined && overlap(a, b)).toBe(false);
      }
    }
  });

  test("every query asks the data source that the dashboard's variable names", () => {
    const plain = DASHBOARDS.filter(({ hasNodeGraph }) => !hasNodeGraph);
    const text = JSON.stringify(plain.map((spec) => buildDashboard(spec, backend)));
    const uids = [...text.matchAll(/"datasource":\{"type":"(\w+)","uid":"([^"]+)"\}/g)].map(
      ([, type, uid]) => `${type} ${uid}`,
    );
    expect(new Set(uids)).toEqual(new Set([`${backend.name} $\{datasource}`]));
  });
});

/** Fields of web/api/node-graph.ts, which the panel reads by name. */
test("the node graph asks for what the API answers, of the host and the time chosen", () => {
  const spec = DASHBOARDS.find(({ hasNodeGraph }) => hasNodeGraph);
  const [panel] = spec === undefined ? [] : (buildDashboard(spec, BACKENDS[0] as Backend).panels ?? []);
  const targets = (panel as { targets?: readonly Record<string, unknown>[] }).targets ?? [];
  expect(targets.map(({ root_selector }) => root_selector)).toEqual(["nodes", "edges"]);
  const selectors = targets.map(({ columns }) => (columns as { selector: string }[]).map(({ selector }) => selector));
  expect(selectors).toEqual([Object.keys(GraphNode.properties), Object.keys(GraphEdge.properties)]);
  for (const { url_options } of targets) {
    const { params } = url_options as { params: readonly { key: string; value: string }[] };
    expect(Object.fromEntries(params.map(({ key, value }) => [key, value]))).toEqual({
      ...{ cluster: "${cluster}", host: "${host}", depth: "${depth}", at: "${__to}" },
    });
  }
});

test("alerts are marked by host where one is chosen, else by rule", () => {
  const named = BACKENDS.flatMap((backend) =>
    DASHBOARDS.map((spec) => {
      const [alerts] = buildDashboard(spec, backend).annotations?.list?.filter(({ name }) => name === "Alerts") ?? [];
      const byHost = /by \(alertname, severity, host\)|time\(1m\), "alertname", "severity", "host"/;
      const hasHost = spec.variables.some(({ tag }) => tag === "host");
      return { name: spec.name, hasHost, isByHost: byHost.test(JSON.stringify(alerts).replaceAll('\\"', '"')) };
    }),
  );
  expect(named.filter(({ hasHost, isByHost }) => hasHost !== isByHost)).toEqual([]);
  expect(new Set(named.map(({ hasHost }) => hasHost)).size).toBe(2);
});

describe("links to the topology", () => {
  const built = DASHBOARDS.flatMap((spec) => BACKENDS.map((backend) => buildDashboard(spec, backend)));
  const addresses = built.flatMap((dashboard) => {
    const panels = JSON.stringify(dashboard.panels).matchAll(/"url":"(\$\{nephoscope_url\}[^"]*)"/g);
    return [...(dashboard.links ?? []).map(({ url }) => url ?? ""), ...Array.from(panels, ([, url]) => url ?? "")];
  });

  const isCapacity = (url: string) => url.includes("}/capacity");

  test("carry what the page reads of its address: place, element and time", () => {
    const links = [...new Set(addresses)].filter((url) => url !== "" && !isCapacity(url));
    expect(links.length).toBeGreaterThanOrEqual(6);
    for (const link of links) {
      const filled = link
        .replace("${nephoscope_url}", "http://nephoscope.example")
        .replace(/\$\{(__value\.time|__to)\}/, "1700000000000")
        .replace("${__data.fields.id}", "host/c-1/if/eth0")
        .replace(/\$\{[\w.]+\}/g, "c-1");
      const { searchParams } = new URL(filled);
      const search = parseViewSearch({ ...Object.fromEntries(searchParams), at: Number(searchParams.get("at")) });
      for (const name of searchParams.keys()) expect(search[name as keyof typeof search], link).toBeDefined();
      expect(search.at).toBe(1_700_000_000_000);
      expect(filled).not.toContain("$");
    }
  });

  test("of capacity lead to its page, to the view and cluster of the panel", () => {
    const links = [...new Set(addresses)].filter(isCapacity).map((link) => link.replace("${nephoscope_url}", ""));
    expect(links.toSorted()).toEqual([
      "/capacity",
      "/capacity?cluster=${__field.labels.cluster}",
      "/capacity?cluster=${__field.labels.cluster}&cap=hosts",
      "/capacity?cluster=${__field.labels.cluster}&cap=projects",
      "/capacity?cluster=${__field.labels.cluster}&cap=subnets",
      "/capacity?cluster=${cluster}",
    ]);
    for (const link of links) {
      const { pathname, searchParams } = new URL(`http://nephoscope.example${link}`);
      expect(readFileSync(ROUTES, "utf8")).toContain(`path: "${pathname}"`);
      const search = parseViewSearch(Object.fromEntries(searchParams));
      for (const name of searchParams.keys()) expect(search[name as keyof typeof search], link).toBeDefined();
    }
    const withCapacity = built.filter((dashboard) => JSON.stringify(dashboard.panels).includes("/capacity"));
    expect(withCapacity.map(({ title }) => title?.split(" / ")[1]).toSorted()).toEqual([
      ...["Capacity", "Capacity", "Clouds", "Clouds"],
    ]);
    for (const { links: own } of withCapacity) expect(own?.map(({ title }) => title)).toContain("Capacity");
  });

  test("every line and figure has one to its own moment", () => {
    for (const dashboard of built) {
      for (const panel of dashboard.panels ?? []) {
        if (panel.type !== "timeseries" && panel.type !== "stat") continue;
        const links = "fieldConfig" in panel ? panel.fieldConfig?.defaults?.links : undefined;
        expect(JSON.stringify(links), `${dashboard.title}: ${panel.title}`).toContain("at=${__value.time}");
      }
    }
  });
});

interface Place {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

function overlap(a: Place, b: Place): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}
