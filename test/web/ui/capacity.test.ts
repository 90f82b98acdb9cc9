import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CapacityHistoryResponse, CapacityRow, ForecastSchema } from "../../../web/api/capacity.ts";
import {
  amountText,
  forecastText,
  percentText,
  placeText,
  soonestFirst,
  spanText,
  urgencyOf,
} from "../../../web/ui/capacity/capacity-words.ts";
import { historyGeometry } from "../../../web/ui/capacity/history-geometry.ts";
import { DAY_MS, instant } from "../../../web/ui/model/view-clock.ts";
import { en } from "../../../web/ui/text/en.ts";
import { zh } from "../../../web/ui/text/zh.ts";

const NOW = instant(Date.UTC(2026, 2, 2, 12));
const FRAME = { width: 400, height: 160, left: 60, bottom: 20 };
type History = CapacityHistoryResponse["histories"][number];
const thing = { cluster: "bj", resource: "vcpus", scope: "zone", zone: "az-1" } as const;
const runsOut = (days: number): ForecastSchema => ({
  kind: "runs_out",
  earliest: NOW + (days - 0.5) * DAY_MS,
  likely: NOW + days * DAY_MS,
  latest: NOW + (days + 2) * DAY_MS,
  per_day: 1,
  since: NOW - 20 * DAY_MS,
});
const row = (share: number, forecast: ForecastSchema): CapacityRow => ({
  thing,
  used: share,
  total: 1,
  share,
  at: NOW,
  forecast,
});

describe("words", () => {
  test.each([
    [runsOut(12), "in 12 d", "12 天后", "none"],
    [runsOut(5), "in 5 d", "5 天后", "warning"],
    [runsOut(0.75), "in 18 h", "18 小时后", "critical"],
    [runsOut(0.02), "within an hour", "一小时内", "critical"],
    [{ kind: "full" }, "used up", "已耗尽", "critical"],
    [{ kind: "lasts", until: NOW + 168 * DAY_MS, per_day: 0 }, "not within 168 d", "168 天内不会", "none"],
    [{ kind: "unknown", reason: "no_clear_trend" }, "no clear trend", "趋势不明显", "none"],
  ] as const)("%j", (forecast, english, chinese, urgency) => {
    expect(forecastText(forecast, NOW, en)).toBe(english);
    expect(forecastText(forecast, NOW, zh).replaceAll(" ", "")).toBe(chinese.replaceAll(" ", ""));
    expect(urgencyOf({ share: 0.5, forecast }, NOW)).toBe(urgency);
  });

  test("amounts are told as they are counted, and what is not full is never told as full", () => {
    expect(amountText("vcpus", 12_480.4)).toBe("12,480");
    expect(amountText("memory", 3 * 2 ** 40)).toBe("3 TiB");
    expect(amountText("bandwidth", 1e10)).toBe("10 Gbit/s");
    expect([0.9949, 0.9999, 1, 1.2].map(percentText)).toEqual(["99 %", "99 %", "100 %", "120 %"]);
    expect(placeText(thing, en)).toBe("Zone az-1");
    const project = { cluster: "c", resource: "vcpus", scope: "project", project_id: "p-1" } as const;
    expect([placeText(project, en), placeText({ ...project, project: "shop" }, en)]).toEqual(["p-1", "shop"]);
    expect(spanText(runsOut(12), en)).toMatch(/^2026-03-1\d to 2026-03-1\d$/);
  });

  test("what is used up comes first, then what runs out, in its order", () => {
    const lasts: ForecastSchema = { kind: "lasts", until: NOW, per_day: 0 };
    const rows = [row(0.99, lasts), row(0.5, runsOut(9)), row(0.4, runsOut(2)), row(1, { kind: "full" })];
    expect(soonestFirst(rows).map(({ share }) => share)).toEqual([1, 0.4, 0.5, 0.99]);
  });
});

describe("the drawing", () => {
  const times = Array.from({ length: 29 }, (_, i) => NOW - (28 - i) * DAY_MS);
  const value = fc.option(fc.integer({ min: 0, max: 1_000 }), { nil: null });
  const histories = fc
    .tuple(
      fc.array(value, { minLength: 29, maxLength: 29 }),
      fc.integer({ min: 1, max: 2_000 }),
      fc.double({ min: 1, max: 90, noNaN: true }),
    )
    .map(([used, total, days]): History => {
      const cone = Array.from({ length: 5 }, (_, i) => ({
        at: NOW + (i * (days + 2) * DAY_MS) / 4,
        low: i,
        likely: 2 * i,
        high: 3 * i,
      }));
      return { thing, used, total: used.map(() => total), forecast: { ...runsOut(days), cone } as ForecastSchema };
    });

  test("whatever was used, all of it lies within the frame, and now before what is to come", () => {
    fc.assert(
      fc.property(histories, (history) => {
        const drawn = historyGeometry(history, times, { frame: FRAME, now: NOW, base: 10 });
        const numbers =
          [drawn.used, drawn.area, drawn.total, drawn.cone, drawn.likely].join(" ").match(/-?[\d.]+/g) ?? [];
        expect(numbers.every((text) => Number(text) >= 0 && Number(text) <= FRAME.width)).toBe(true);
        const { runOut, nowX } = drawn;
        if (runOut !== undefined)
          expect(nowX <= runOut.x1 && runOut.x1 <= runOut.likelyX && runOut.likelyX <= runOut.x2).toBe(true);
        expect(drawn.xTicks.length).toBeLessThanOrEqual(7);
      }),
    );
  });

  test("nothing known draws nothing", () => {
    const history: History = {
      thing,
      used: times.map(() => null),
      total: [],
      forecast: { kind: "unknown", reason: "no_total" },
    };
    const drawn = historyGeometry(history, times, { frame: FRAME, now: NOW, base: 2 });
    expect([drawn.used, drawn.area, drawn.cone, drawn.runOut]).toEqual(["", "", "", undefined]);
    expect(drawn.nowX).toBeGreaterThan(FRAME.left);
  });
});
