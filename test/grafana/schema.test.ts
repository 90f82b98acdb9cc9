import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv, type ValidateFunction } from "ajv";
import { describe, expect, test } from "vitest";
import { BACKENDS, buildDashboard, DASHBOARDS } from "../../grafana/build.ts";

const VERSION = "13.2.3";
const ROOT = join(import.meta.dirname, "../..");

interface Schemas {
  readonly dashboard: object;
  readonly options: Readonly<Record<string, object>>;
  readonly fieldConfig: Readonly<Record<string, object>>;
}

const schemas: Schemas = JSON.parse(readFileSync(join(import.meta.dirname, `schema/grafana-${VERSION}.json`), "utf8"));
const ajv = new Ajv({ allErrors: true, strict: false });
const compiled = (all: Readonly<Record<string, object>>) =>
  new Map(Object.entries(all).map(([kind, schema]) => [kind, ajv.compile(schema)]));
const ofDashboard = ajv.compile(schemas.dashboard);
const ofOptions = compiled(schemas.options);
const ofFieldConfig = compiled(schemas.fieldConfig);

function problems(validate: ValidateFunction, value: unknown): readonly string[] {
  if (validate(value)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}

const built = BACKENDS.flatMap((backend) =>
  DASHBOARDS.map((spec) => ({
    name: `${backend.name} ${spec.name}`,
    // As Grafana reads it.
    dashboard: JSON.parse(JSON.stringify(buildDashboard(spec, backend))),
  })),
);

describe(`Grafana ${VERSION}`, () => {
  test.each(built)("$name is a dashboard by the published schema", ({ dashboard }) => {
    expect(problems(ofDashboard, dashboard)).toEqual([]);
  });

  test.each(built)("$name has panels with the options of their kinds", ({ dashboard }) => {
    for (const panel of dashboard.panels.filter(({ type }: { type: string }) => type !== "row")) {
      const options = ofOptions.get(panel.type);
      if (options === undefined) throw new Error(`no schema for panels of kind ${panel.type}`);
      expect(problems(options, panel.options), panel.title).toEqual([]);
      const fields = ofFieldConfig.get(panel.type);
      if (fields !== undefined) expect(problems(fields, panel.fieldConfig.defaults.custom), panel.title).toEqual([]);
    }
  });

  test("is the version the README names", () => {
    for (const page of ["README.md", "docs/grafana.md"]) {
      expect(readFileSync(join(ROOT, page), "utf8"), page).toContain(`Grafana ${VERSION}`);
    }
  });

  test("refuses a dashboard that has what the schema does not know", () => {
    const { dashboard } = built[0] ?? { dashboard: {} };
    expect(problems(ofDashboard, { ...dashboard, rows: [] })).toHaveLength(1);
    expect(problems(ofDashboard, { ...dashboard, title: 5 })).not.toEqual([]);
    expect(problems(ofOptions.get("stat") as ValidateFunction, { colour: "red" })).not.toEqual([]);
  });
});
