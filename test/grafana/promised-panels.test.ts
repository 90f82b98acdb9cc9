import { beforeAll, describe, expect, test } from "vitest";
import { epochMsOf } from "../../core/clock.ts";
import type { Labels } from "../../core/series.ts";
import { PROMETHEUS } from "../../grafana/backend.ts";
import { buildDashboard, DASHBOARDS } from "../../grafana/build.ts";
import { evaluateInstant } from "../../promql/evaluate.ts";
import { MemoryMetricStore } from "../fakes/memory-metric-store.ts";
import { chosen, filledIn } from "../integration/fixtures/panel-queries.ts";
import { PROMISED } from "./promised-panels.ts";
import { promisedSamples, SPAN_SECONDS } from "./promised-samples.ts";

// Each panel draws what its title says: what is expected is written by hand, and not made from what the panels are made of.

const END = epochMsOf(1_700_000_000_000);
const store = new MemoryMetricStore();
beforeAll(async () => {
  await store.write({ samples: promisedSamples(END) });
});

/** As Grafana's JSON has it: what is read here. */
interface DrawnPanel {
  readonly type: string;
  readonly title?: string;
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
  readonly fieldConfig?: {
    readonly defaults: { readonly unit?: string };
    readonly overrides: readonly {
      readonly matcher: { readonly options?: string };
      readonly properties: readonly { readonly id: string; readonly value?: unknown }[];
    }[];
  };
}

const boards = DASHBOARDS.filter(({ name }) => name in PROMISED).map((spec) => {
  const panels = (buildDashboard(spec, PROMETHEUS).panels ?? []) as readonly DrawnPanel[];
  return { name: spec.name, panels: panels.filter(({ targets }) => (targets?.[0]?.expr ?? "") !== "") };
});

test.each(boards)("every panel of $name is promised, and no other", ({ name, panels }) => {
  const titles = panels.map(({ title }) => title);
  expect(titles.toSorted()).toEqual(Object.keys(PROMISED[name] ?? {}).toSorted());
});

const cases = boards.flatMap(({ name, panels }) => panels.map((panel) => ({ name, title: panel.title ?? "", panel })));

describe.each(cases)("$name: $title", ({ name, title, panel }) => {
  test("draws the lines promised, each by its name and with its value, in its unit", async () => {
    const promised = PROMISED[name]?.[title];
    expect(panel.fieldConfig?.defaults.unit).toBe(promised?.unit);
    const lines = await drawn(panel, name === "clouds" ? ".*" : "az-1");
    expect(lines).toEqual(sorted(Object.entries(promised?.lines ?? {})));
  });
});

type Line = readonly [name: string, value: number];

async function drawn(panel: DrawnPanel, cluster: string): Promise<readonly Line[]> {
  const choice = { ...chosen("compute-1"), cluster };
  const span = { fromMs: END - SPAN_SECONDS * 1_000, seconds: SPAN_SECONDS, stepSeconds: 30, choice };
  const lines: Line[] = [];
  for (const { expr, legendFormat } of panel.targets ?? []) {
    const answer = await evaluateInstant(filledIn(expr, span), END, { source: store });
    if (answer.kind !== "vector") throw new Error(`got a ${answer.kind}`);
    for (const { labels, value } of answer.samples) {
      const line = nameOf(legendFormat, labels);
      lines.push([line, isBelow(panel, line) ? -value : value]);
    }
  }
  return sorted(lines);
}

const nameOf = (legend: string, labels: Labels): string =>
  legend.replace(/\{\{(\w+)\}\}/g, (_, tag: string) => labels[tag] ?? "");

function isBelow({ fieldConfig }: DrawnPanel, line: string): boolean {
  return (fieldConfig?.overrides ?? []).some(
    ({ matcher, properties }) =>
      new RegExp(matcher.options?.replace(/^\/|\/$/g, "") ?? "$^").test(line) &&
      properties.some(({ id, value }) => id === "custom.transform" && value === "negative-Y"),
  );
}

/** Nine digits: the last ones are the order of the operations. */
function sorted(lines: readonly Line[]): readonly Line[] {
  return lines
    .map(([name, value]): Line => [name, Number(value.toPrecision(9))])
    .toSorted(([a, one], [b, other]) => a.localeCompare(b) || one - other);
}
