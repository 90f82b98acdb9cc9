import { expect, test } from "vitest";
import type { SeriesSelection } from "../../../promql/source.ts";
import { serve, store } from "./prometheus-site.ts";

const lacking = <T>(answer: (selection: SeriesSelection) => Promise<T>) => ({
  ask: (selection: SeriesSelection): Promise<T> => {
    selection.warn?.("the past is away");
    return answer(selection);
  },
});

test.each([
  ["/api/v1/query", { query: "odd + odd", time: "1700000000" }],
  ["/api/v1/query_range", { query: "odd", start: "1700000000", end: "1700000060", step: "60" }],
  ["/api/v1/series", { "match[]": "odd" }],
  ["/api/v1/labels", {}],
  ["/api/v1/label/kind/values", {}],
])("%s tells once what its answer lacks, and nothing when it lacks nothing", async (url, parameters) => {
  const path = `${url}?${new URLSearchParams(parameters)}`;
  const whole = await serve();
  expect((await whole.inject({ url: path })).json()).not.toHaveProperty("warnings");
  const partial = await serve({
    source: { select: lacking((selection) => store.select(selection)).ask },
    seriesOf: lacking((selection) => store.series(selection)).ask,
  });
  const reply = await partial.inject({ url: path });
  expect(reply.statusCode).toBe(200);
  expect(reply.json()).toMatchObject({ status: "success", warnings: ["the past is away"] });
});
