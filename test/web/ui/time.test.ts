import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { EpochMs } from "../../../core/clock.ts";
import { clockOf, parseViewSearch } from "../../../web/ui/app/view-search.ts";
import { agoText, durationText, fromInputValue, momentText, toInputValue } from "../../../web/ui/model/time-text.ts";
import { HOUR_MS, MINUTE_MS, momentOf, SPANS_MS, type ViewClock, windowOf } from "../../../web/ui/model/view-clock.ts";
import { en } from "../../../web/ui/text/en.ts";
import { zh } from "../../../web/ui/text/zh.ts";
import { onWholeBuckets } from "../../../web/ui/time-bar/density-window.ts";
import { advance } from "../../../web/ui/time-bar/playback.ts";

const at = (ms: number): EpochMs => ms as EpochMs;
const NOW = at(Date.UTC(2026, 2, 9, 14, 2, 10));
const ago = (ms: number): EpochMs => at(NOW - ms);

describe("the window of the time bar", () => {
  test("ends now while the page is live", () => {
    const window = windowOf({ clock: { kind: "live" }, spanMs: HOUR_MS, windowEnd: undefined, now: NOW });
    expect(window).toEqual({ from: ago(HOUR_MS), to: NOW });
  });

  test("stays where it was put while the moment is inside", () => {
    const end = ago(5 * MINUTE_MS);
    for (const minutes of [5, 20, 40, 64]) {
      const clock: ViewClock = { kind: "past", at: ago(minutes * MINUTE_MS) };
      expect(windowOf({ clock, spanMs: HOUR_MS, windowEnd: end, now: NOW }).to).toBe(end);
    }
  });

  test("holds the moment looked at, has the length asked for, and ends within 10 s of now at the latest", () => {
    const moment = fc.integer({ min: NOW - 10 * 86_400_000, max: NOW });
    fc.assert(
      fc.property(moment, fc.option(moment, { nil: undefined }), fc.constantFrom(...SPANS_MS), (ms, end, spanMs) => {
        const clock: ViewClock = { kind: "past", at: at(ms) };
        const windowEnd = end === undefined ? undefined : at(end);
        const { from, to } = windowOf({ clock, spanMs, windowEnd, now: NOW });
        expect(from).toBeLessThanOrEqual(ms);
        expect(to).toBeGreaterThanOrEqual(ms);
        expect(to - from).toBe(spanMs);
        expect(to).toBeLessThanOrEqual(NOW + 10_000);
      }),
    );
  });

  test("moves on by quarters when play leaves it, not with every frame", () => {
    const windowAt = (ms: number) =>
      windowOf({ clock: { kind: "past", at: ago(ms) }, spanMs: HOUR_MS, windowEnd: ago(2 * HOUR_MS), now: NOW });
    const moved = windowAt(2 * HOUR_MS - 1_000);
    expect(moved.to).toBe(ago(1.75 * HOUR_MS));
    expect(windowAt(2 * HOUR_MS - 2_000)).toEqual(moved);
    expect(windowAt(1.75 * HOUR_MS)).toEqual(moved);
  });

  test("holds both moments of a difference when they fit, else the later one", () => {
    const close = windowOf({
      clock: { kind: "diff", a: ago(50 * MINUTE_MS), b: ago(MINUTE_MS) },
      spanMs: HOUR_MS,
      windowEnd: undefined,
      now: NOW,
    });
    expect(close.from).toBeLessThanOrEqual(ago(50 * MINUTE_MS));
    expect(close.to).toBeGreaterThanOrEqual(ago(MINUTE_MS));
    const far = windowOf({
      clock: { kind: "diff", a: ago(50 * HOUR_MS), b: ago(MINUTE_MS) },
      spanMs: HOUR_MS,
      windowEnd: undefined,
      now: NOW,
    });
    expect(far.to).toBeGreaterThanOrEqual(ago(MINUTE_MS));
  });

  test("does not move with the second hand once it is past", () => {
    const clock: ViewClock = { kind: "past", at: ago(30_000) };
    const first = windowOf({ clock, spanMs: HOUR_MS, windowEnd: undefined, now: at(NOW - (NOW % 10_000) + 1_000) });
    const later = windowOf({ clock, spanMs: HOUR_MS, windowEnd: undefined, now: at(NOW - (NOW % 10_000) + 9_000) });
    expect(later).toEqual(first);
  });

  test("asks for the same buckets until one is full", () => {
    const window = { from: ago(HOUR_MS), to: NOW };
    const shifted = { from: at(window.from + 1_000), to: at(window.to + 1_000) };
    expect(onWholeBuckets(shifted, 120)).toEqual(onWholeBuckets(window, 120));
    expect(onWholeBuckets(window, 120).to).toBeGreaterThanOrEqual(NOW);
  });
});

describe("playing", () => {
  const base = { playhead: at(1_000_000), elapsedMs: 40, speed: 60, end: at(9_000_000), nextChange: undefined };

  test("goes on by the speed", () => {
    expect(advance(base)).toBe(1_000_000 + 2_400);
  });

  test("stops at the end", () => {
    expect(advance({ ...base, end: at(1_000_100) })).toBe(1_000_100);
  });

  test("skips quiet up to half a second before the next change", () => {
    expect(advance({ ...base, nextChange: at(2_000_000) })).toBe(2_000_000 - 30_000);
  });

  test("does not skip what will be over in a moment", () => {
    expect(advance({ ...base, nextChange: at(1_060_000) })).toBe(1_002_400);
  });

  test("goes to the end when nothing more changes", () => {
    expect(advance({ ...base, nextChange: "none" })).toBe(base.end);
  });

  test("never goes back", () => {
    fc.assert(
      fc.property(fc.nat(5_000), fc.nat(5_000_000), fc.constantFrom(1, 60, 600), (elapsedMs, ahead, speed) => {
        const playhead = at(1_000_000);
        const next = advance({ playhead, elapsedMs, speed, end: at(9_000_000), nextChange: at(playhead + ahead) });
        expect(next).toBeGreaterThanOrEqual(playhead);
      }),
    );
  });
});

describe("times in words", () => {
  test.each([
    [0, "just now", "刚刚"],
    [12_000, "12 s ago", "12 秒前"],
    [3 * MINUTE_MS, "3 min ago", "3 分钟前"],
    [80 * MINUTE_MS, "1 h 20 min ago", "1 小时 20 分钟前"],
    [50 * HOUR_MS, "2 d 2 h ago", "2 天 2 小时前"],
    [-5_000, "in 5 s", "5 秒后"],
  ])("%d ms ago is %s", (ms, english, chinese) => {
    expect(agoText(ago(ms), NOW, en)).toBe(english);
    expect(agoText(ago(ms), NOW, zh)).toBe(chinese);
  });

  test("a whole hour has no minutes", () => {
    expect(durationText(2 * HOUR_MS, en)).toBe("2 h");
  });

  test("a moment of another day carries its date", () => {
    expect(momentText(NOW, NOW)).toMatch(/^\d\d:\d\d:\d\d$/);
    expect(momentText(ago(48 * HOUR_MS), NOW)).toMatch(/^2026-03-0\d \d\d:\d\d:\d\d$/);
  });

  test("a field keeps the moment to the second", () => {
    expect(fromInputValue(toInputValue(NOW))).toBe(NOW);
    expect(fromInputValue("")).toBeUndefined();
  });
});

describe("the address bar", () => {
  test("carries live, a past moment, or a difference", () => {
    expect(clockOf(parseViewSearch({}))).toEqual({ kind: "live" });
    expect(clockOf(parseViewSearch({ at: NOW }))).toEqual({ kind: "past", at: NOW });
    expect(clockOf(parseViewSearch({ at: NOW, a: ago(9), b: NOW }))).toEqual({ kind: "diff", a: ago(9), b: NOW });
    expect(clockOf(parseViewSearch({ a: ago(9) }))).toEqual({ kind: "live" });
  });

  test("takes RFC 3339 as well", () => {
    expect(parseViewSearch({ at: new Date(NOW).toISOString() }).at).toBe(NOW);
  });

  test("leaves out whatever makes no sense, and never fails", () => {
    const nothing = Object.fromEntries(Object.keys(parseViewSearch({})).map((key) => [key, undefined]));
    const nonsense = {
      at: "yesterday",
      a: -1,
      b: {},
      sel: "a//b",
      span: 1,
      hide: ["x"],
      view: 7,
      only: "yes",
      host: "",
    };
    expect(parseViewSearch(nonsense)).toEqual(nothing);
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...Object.keys(nothing)), fc.anything()), (raw) => {
        expect(() => clockOf(parseViewSearch(raw))).not.toThrow();
      }),
    );
  });

  test("reading what was read changes nothing", () => {
    const search = parseViewSearch({
      at: NOW,
      sel: "host/a/if/b",
      hide: ["noise", "cables"],
      span: HOUR_MS,
      host: "a",
    });
    expect(parseViewSearch({ ...search })).toEqual(search);
  });

  test("the moment of a difference is its later state", () => {
    expect(momentOf({ kind: "diff", a: ago(10), b: ago(5) }, NOW)).toBe(ago(5));
    expect(momentOf({ kind: "live" }, NOW)).toBe(NOW);
  });
});
