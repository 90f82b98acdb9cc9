import { describe, expect, test } from "vitest";
import type { Schedule } from "../../../cli/up/cron-schedule.ts";
import {
  LAST_NIGHT,
  NIGHTLY_AUTHOR,
  type NightlyDeps,
  type NightlyPlan,
  startNightlySnapshots,
} from "../../../cli/up/nightly-snapshots.ts";
import { epochMsOf } from "../../../core/clock.ts";
import { OperatorError } from "../../../core/errors.ts";
import { Lifetime } from "../../../core/lifetime.ts";
import { silentLog } from "../../../core/log.ts";
import type { Snapshot } from "../../../topology/model/revision.ts";
import { SetClock } from "../../topology/fakes.ts";

const PLAN: NightlyPlan = { cron: "0 3 * * *", keep: 2, prefix: "nightly" };
const DAY_MS = 86_400_000;
const FIRST_NIGHT = new Date(2026, 0, 31, 3, 0).getTime();

/** Snapshots in memory, and a schedule that runs when the test says so. */
function started(plan: NightlyPlan = PLAN, more: Partial<NightlyDeps> = {}) {
  const kept = new Map<string, Snapshot>();
  const clock = new SetClock(FIRST_NIGHT);
  const lifetime = new Lifetime();
  const failures: (OperatorError | undefined)[] = [];
  let run: (() => Promise<void>) | undefined;
  let asked: string | undefined;
  const schedule: Schedule = (cron, task) => {
    [asked, run] = [cron, task];
    return () => {
      run = undefined;
    };
  };
  const store: NightlyDeps["store"] = {
    snapshots: async (cluster) => [...kept.values()].filter((snapshot) => snapshot.cluster === cluster),
    addSnapshot: async (snapshot) => {
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
      kept.set(`${snapshot.cluster}/${snapshot.name}`, snapshot);
    },
    removeSnapshot: async (cluster, name) => kept.delete(`${cluster}/${name}`),
    lastRevisionBy: async (cluster) => (cluster === "empty" ? 0 : 7),
  };
  const deps = { clusters: ["main"], store, clock, log: silentLog, schedule, retryAfterMs: 1, ...more };
  startNightlySnapshots(plan, deps, lifetime);
  return {
    kept,
    clock,
    lifetime,
    failures,
    store,
    asked: () => asked,
    isScheduled: () => run !== undefined,
    night: async (index: number) => {
      clock.set(FIRST_NIGHT + index * DAY_MS);
      await run?.();
    },
    names: () => [...kept.keys()].sort(),
  };
}

const made = (name: string, createdBy: string): Snapshot => ({
  name,
  cluster: "main",
  at: epochMsOf(1),
  revision: 1,
  createdAt: epochMsOf(1),
  createdBy,
  note: "",
});

describe("nightly snapshots", () => {
  test("are named by their moment, and last-night is the newest", async () => {
    const site = started();
    await site.night(0);
    await site.night(1);
    expect(site.names()).toEqual(["main/last-night", "main/nightly-2026-01-31-0300", "main/nightly-2026-02-01-0300"]);
    expect(site.kept.get("main/last-night")).toMatchObject({
      at: FIRST_NIGHT + DAY_MS,
      revision: 7,
      note: "nightly-2026-02-01-0300",
    });
  });

  test("old ones go, those people made never, whatever they are called", async () => {
    const site = started();
    for (const name of ["before-upgrade", "nightly-by-hand"]) await site.store.addSnapshot(made(name, "wang"));
    for (let index = 0; index < 5; index++) await site.night(index);
    expect(site.names()).toEqual([
      "main/before-upgrade",
      "main/last-night",
      "main/nightly-2026-02-03-0300",
      "main/nightly-2026-02-04-0300",
      "main/nightly-by-hand",
    ]);
  });

  test("a last-night that somebody made is left alone", async () => {
    const site = started();
    await site.store.addSnapshot(made(LAST_NIGHT, "wang"));
    await site.night(0);
    expect(site.kept.get("main/last-night")).toMatchObject({ createdBy: "wang", at: 1 });
    expect(site.kept.get("main/nightly-2026-01-31-0300")).toMatchObject({ createdBy: NIGHTLY_AUTHOR });
  });

  test("of every cluster, except where nothing was recorded", async () => {
    const site = started(PLAN, { clusters: ["main", "empty", "east"] });
    await site.night(0);
    expect(new Set(site.names().map((name) => name.split("/")[0]))).toEqual(new Set(["main", "east"]));
  });

  test("twice in the same minute is one", async () => {
    const site = started();
    await site.night(0);
    await site.night(0);
    expect(site.names()).toHaveLength(2);
  });

  test("a store that is busy is asked again, a bug is not hidden", async () => {
    const site = started();
    const busy = new OperatorError({ code: "store.busy", message: "busy", hint: "wait", status: 503 });
    site.failures.push(busy, busy, undefined, busy);
    await site.night(0);
    expect(site.names()).toEqual(["main/last-night", "main/nightly-2026-01-31-0300"]);
    const broken = started(PLAN, {
      store: { ...site.store, snapshots: () => Promise.reject(new TypeError("a bug")) },
    });
    await expect(broken.night(1)).rejects.toThrow("a bug");
  });

  test("come when the plan says, end with the process, and can be off", async () => {
    const site = started();
    expect(site.asked()).toBe("0 3 * * *");
    await site.lifetime.end();
    expect(site.isScheduled()).toBe(false);
    expect(started({ ...PLAN, cron: "off" }).isScheduled()).toBe(false);
  });

  test("a wrong expression is refused at the start", () => {
    expect(() => started({ ...PLAN, cron: "61 3 * * *" })).toThrow(/is no cron expression/);
  });

  test("the real schedule stops with the process and holds nothing up", async () => {
    const lifetime = new Lifetime();
    const { store, clock } = started();
    startNightlySnapshots(PLAN, { clusters: ["main"], store, clock, log: silentLog }, lifetime);
    await lifetime.end();
  });
});
