import { expect, test } from "vitest";
import type { Schedule } from "../../../cli/up/cron-schedule.ts";
import { startRetention } from "../../../cli/up/retention.ts";
import { epochMsOf } from "../../../core/clock.ts";
import { OperatorError } from "../../../core/errors.ts";
import { Lifetime } from "../../../core/lifetime.ts";
import { silentLog } from "../../../core/log.ts";

const NOW = epochMsOf(1_800_000_000_000);
const clock = { now: () => NOW, monotonicMs: () => 0 };

function scheduled() {
  const runs: (() => Promise<void>)[] = [];
  const stopped: string[] = [];
  const schedule: Schedule = (cron, run) => {
    runs.push(run);
    return () => void stopped.push(cron);
  };
  return { runs, stopped, schedule };
}

test("each cluster forgets what is older than so many days; one that cannot now does not keep the next from it", async () => {
  const { runs, stopped, schedule } = scheduled();
  const asked: (readonly [string, number])[] = [];
  const retain = async (cluster: string, { before }: { readonly before: number }) => {
    asked.push([cluster, before]);
    if (cluster === "a") throw new OperatorError({ code: "store.busy", message: "busy", hint: "later", status: 503 });
  };
  const lifetime = new Lifetime();
  const events = {
    retain: async (cluster: string, before: number) => void asked.push([`events of ${cluster}`, before]),
  };
  startRetention(2, { clusters: ["a", "b"], store: { retain }, events, clock, log: silentLog, schedule }, lifetime);
  await runs[0]?.();
  const before = NOW - 2 * 86_400_000;
  expect(asked).toEqual([
    ["a", before],
    ["b", before],
    ["events of b", before],
  ]);
  await lifetime.end();
  expect(stopped).toHaveLength(1);
});

test("without a number of days nothing is ever forgotten", () => {
  const { runs, schedule } = scheduled();
  const retain = async () => {
    throw new Error("asked");
  };
  startRetention(
    undefined,
    { clusters: ["a"], store: { retain }, events: { retain }, clock, log: silentLog, schedule },
    new Lifetime(),
  );
  expect(runs).toEqual([]);
});
