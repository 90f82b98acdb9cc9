import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const css = readFileSync(new URL("../../../web/ui/theme/tokens.css", import.meta.url), "utf8");

/** The custom properties of every block with this selector; later ones win. */
function tokensOf(selector: string): ReadonlyMap<string, string> {
  const tokens = new Map<string, string>();
  for (const [, head, body] of css.matchAll(/([^{}]+)\{([^{}]*)\}/g)) {
    if (head?.replace(/\/\*[\s\S]*?\*\//g, "").trim() !== selector) continue;
    for (const [, name, value] of (body ?? "").matchAll(/--([\w-]+):\s*([^;]+);/g)) tokens.set(name ?? "", value ?? "");
  }
  return tokens;
}

const LIGHT = tokensOf(":root");
const DARK = new Map([...LIGHT, ...tokensOf(':root[data-mantine-color-scheme="dark"]')]);

/** WCAG 2.2, relative luminance and contrast ratio. */
function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((start) => {
    const channel = Number.parseInt(hex.slice(start, start + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * (r ?? 0) + 0.7152 * (g ?? 0) + 0.0722 * (b ?? 0);
}

function contrast(one: string, other: string): number {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return ((light ?? 0) + 0.05) / ((dark ?? 0) + 0.05);
}

const READ = [
  "text",
  "text-2",
  "text-3",
  "accent",
  "crit",
  "warn",
  "info",
  "past",
  "diff-added",
  "diff-removed",
  "diff-changed",
] as const;

describe.each([
  ["light", LIGHT],
  ["dark", DARK],
] as const)("the %s palette", (scheme, tokens) => {
  const colour = (name: string): string => tokens.get(name) ?? "#missing";

  test("has the colours of a difference that were chosen for colour-blind readers", () => {
    const marks = ["diff-added", "diff-removed", "diff-changed", "diff-unchanged"].map(colour);
    expect(marks.map((each) => each.toUpperCase())).toEqual(
      scheme === "light" ? ["#0252C7", "#C74A16", "#410D28", "#B2B7BD"] : ["#1194FC", "#F86D47", "#F0DBE7", "#545B63"],
    );
  });

  test("can be read: text and marks have a contrast of 4.5 on every ground they stand on", () => {
    for (const ground of ["ground", "surface", "band"].map(colour)) {
      for (const name of READ) {
        expect(contrast(colour(name), ground), `${name} on ${ground}`).toBeGreaterThanOrEqual(4.5);
      }
    }
    expect(contrast(colour("on-accent"), colour("accent"))).toBeGreaterThanOrEqual(4.5);
    expect(contrast(colour("on-diff"), colour("diff-added"))).toBeGreaterThanOrEqual(4.5);
  });
});
