import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { buildDashboards } from "../../grafana/build.ts";
import { INFINITY } from "../../grafana/node-graph.ts";

const ROOT = join(import.meta.dirname, "../..");
const files = buildDashboards();

test.each(files)("$path is what `node cli/main.ts dashboards build` writes", ({ path, json }) => {
  expect(readFileSync(join(ROOT, path), "utf8"), "stale: run node cli/main.ts dashboards build").toBe(json);
});

test("grafana/generated holds nothing else", () => {
  const found = readdirSync(join(ROOT, "grafana/generated"), { recursive: true, encoding: "utf8" });
  const expected = files.map(({ path }) => path.replace("grafana/generated/", ""));
  expect(found.filter((path) => path.endsWith(".json")).sort()).toEqual(expected.toSorted());
});

test("the provisioning files are read by Grafana's rules: version 1, a known type for each data source", () => {
  const read = (path: string) => parse(readFileSync(join(ROOT, "grafana/provisioning", path), "utf8"));
  const { apiVersion, datasources } = read("datasources/nephoscope.yaml");
  expect(apiVersion).toBe(1);
  expect(datasources.map(({ type }: { type: string }) => type)).toEqual([...["prometheus", INFINITY, "influxdb"]]);
  expect(read("dashboards/nephoscope.yaml")).toMatchObject({ apiVersion: 1, providers: [{ type: "file" }] });
});
