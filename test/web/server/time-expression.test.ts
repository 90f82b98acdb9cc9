import { describe, expect, test } from "vitest";
import { epochMsOf } from "../../../core/clock.ts";
import { isInstantText, parseTimeExpression } from "../../../web/server/time-expression.ts";

const NOW = epochMsOf(1_769_827_260_000);
const instant = (at: number) => ({ kind: "instant", at });

describe("a moment", () => {
  const forms: readonly (readonly [string, unknown])[] = [
    ["now", { kind: "now" }],
    ["2026-01-31T02:41:00Z", instant(NOW)],
    ["2026-01-31T02:41:00.250Z", instant(NOW + 250)],
    ["2026-01-31T10:41:00+08:00", instant(NOW)],
    ["2026-01-31T10:41:00 08:00", instant(NOW)],
    ["2026-01-30T21:41:00-05:00", instant(NOW)],
    ["1769827260", instant(NOW)],
    ["1769827260.5", instant(NOW + 500)],
    ["1769827260000", instant(NOW)],
    ["0", instant(0)],
    ["now-15m", instant(NOW - 900_000)],
    ["now-1h30m", instant(NOW - 5_400_000)],
    ["now-250ms", instant(NOW - 250)],
    ["now-2w", instant(NOW - 14 * 86_400_000)],
    ["main@r1234", { kind: "revision", cluster: "main", revision: 1234 }],
    ["cell@1@r7", { kind: "revision", cluster: "cell@1", revision: 7 }],
    ["before-upgrade", { kind: "snapshot", name: "before-upgrade" }],
  ];
  test.each(forms)("%s", (text, expected) => {
    expect(parseTimeExpression(text, NOW)).toEqual(expected);
  });

  test.each(["", " ", "now+5m", "now-", "-15m", "2026-13-31T02:41:00Z", "main@r", "a b", "/etc", "x".repeat(200)])(
    "%j is refused, naming the accepted forms",
    (text) => {
      expect(() => parseTimeExpression(text, NOW)).toThrow(
        expect.objectContaining({
          code: expect.stringMatching(/^time\./),
          status: 400,
          hint: expect.stringContaining("RFC 3339"),
        }),
      );
    },
  );

  test.each(["now-99999999w", "99999999999999999"])("%s lies outside of what a clock can show", (text) => {
    expect(() => parseTimeExpression(text, NOW)).toThrow(expect.objectContaining({ code: "time.out_of_range" }));
  });

  test("a text that means an instant by itself cannot name a snapshot", () => {
    expect(["now", "1700000000", "now-5m"].map((text) => isInstantText(text, NOW))).toEqual([true, true, true]);
    expect(isInstantText("release-2026.1", NOW)).toBe(false);
  });
});
