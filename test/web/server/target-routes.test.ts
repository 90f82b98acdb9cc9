import { expect, onTestFinished, test } from "vitest";
import { epochMsOf } from "../../../core/clock.ts";
import { silentLog } from "../../../core/log.ts";
import { createHttpServer } from "../../../web/server/http.ts";
import { type PulledTarget, registerTargetRoutes } from "../../../web/server/target-routes.ts";

const TARGET: PulledTarget = {
  kind: "scrape",
  job: "node",
  url: "http://10.0.0.1:9100/metrics",
  labels: { job: "node", instance: "10.0.0.1:9100" },
  intervalMs: 15_000,
  timeoutMs: 500,
  health: "unknown",
  last: undefined,
};

async function answerFor(targets: readonly PulledTarget[]): Promise<unknown> {
  const app = await createHttpServer({ version: "0.0.0-test", log: silentLog });
  onTestFinished(() => app.close());
  registerTargetRoutes(app, { targets: () => targets });
  return JSON.parse((await app.inject({ url: "/api/v1/targets" })).body);
}

test("targets are told in the words of Prometheus' API", async () => {
  const problem = { reason: "HTTP status 404", hint: "set path" };
  const last = { at: epochMsOf(1_700_000_000_000), durationMs: 20, samples: 7, problem };
  expect(await answerFor([TARGET, { ...TARGET, health: "down", last }])).toEqual({
    status: "success",
    data: {
      activeTargets: [
        {
          discoveredLabels: {},
          labels: { job: "node", instance: "10.0.0.1:9100" },
          scrapePool: "node",
          scrapeUrl: "http://10.0.0.1:9100/metrics",
          globalUrl: "http://10.0.0.1:9100/metrics",
          lastError: "",
          lastScrape: "0001-01-01T00:00:00Z",
          lastScrapeDuration: 0,
          health: "unknown",
          scrapeInterval: "15s",
          scrapeTimeout: "0.5s",
          kind: "scrape",
          lastSamples: 0,
        },
        expect.objectContaining({
          lastError: "HTTP status 404",
          hint: "set path",
          lastScrape: "2023-11-14T22:13:20.000Z",
          lastScrapeDuration: 0.02,
          health: "down",
          lastSamples: 7,
        }),
      ],
      droppedTargets: [],
    },
  });
});
