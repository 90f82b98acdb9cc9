import { formatShortest, formatSignificant, problemOfFormat, sprintf } from "./go-format.ts";
import type { Expression, TemplateValue } from "./template.ts";

export interface TemplateFunction {
  readonly minArgs: number;
  readonly maxArgs: number;
  run(args: readonly TemplateValue[]): TemplateValue;
  /** What is wrong with arguments that can be judged before there is data. */
  check?(args: readonly Expression[]): string | undefined;
}

/** Formatting follows prometheus/template/template.go, comparison and logic Go's text/template. */
export const TEMPLATE_FUNCTIONS: { readonly [name: string]: TemplateFunction } = {
  humanize: ofNumber(humanize),
  humanize1024: ofNumber(humanize1024),
  humanizeDuration: ofNumber(humanizeDuration),
  humanizePercentage: ofNumber((ratio) => `${formatSignificant(ratio * 100, 4)}%`),
  humanizeTimestamp: ofNumber(humanizeTimestamp),
  title: ofText((text) => text.replace(/(^|\s)\S/g, (start) => start.toUpperCase())),
  toUpper: ofText((text) => text.toUpperCase()),
  toLower: ofText((text) => text.toLowerCase()),
  stripPort: ofText((text) => text.replace(/^\[?([^\]]*?)\]?:\d+$/, "$1")),
  printf: {
    minArgs: 1,
    maxArgs: 20,
    run: ([format, ...args]) => sprintf(textOf(format), args),
    check: ([format, ...args]) => {
      if (format?.kind !== "literal" || typeof format.value !== "string") return "printf needs its format in quotes";
      return problemOfFormat(format.value, args.length);
    },
  },
  eq: { minArgs: 2, maxArgs: 20, run: ([first, ...others]) => others.some((other) => same(first, other)) },
  ne: { minArgs: 2, maxArgs: 2, run: ([a, b]) => !same(a, b) },
  lt: comparison((order) => order < 0),
  le: comparison((order) => order <= 0),
  gt: comparison((order) => order > 0),
  ge: comparison((order) => order >= 0),
  and: { minArgs: 1, maxArgs: 20, run: (args) => args.find((arg) => !isTrue(arg)) ?? args.at(-1) ?? false },
  or: { minArgs: 1, maxArgs: 20, run: (args) => args.find(isTrue) ?? args.at(-1) ?? false },
  not: { minArgs: 1, maxArgs: 1, run: ([arg]) => arg === undefined || !isTrue(arg) },
};

/** Go's truth: the empty text, zero and false are not true. */
export function isTrue(value: TemplateValue): boolean {
  return typeof value === "number" ? value !== 0 : Boolean(value);
}

/** A value as an action without a function prints it. */
export function textOf(value: TemplateValue | undefined): string {
  return typeof value === "number" ? formatShortest(value) : String(value ?? "");
}

function ofNumber(run: (value: number) => string): TemplateFunction {
  return { minArgs: 1, maxArgs: 1, run: ([value]) => run(Number(value)) };
}

function ofText(run: (text: string) => string): TemplateFunction {
  return { minArgs: 1, maxArgs: 1, run: ([value]) => run(textOf(value)) };
}

function comparison(holds: (order: number) => boolean): TemplateFunction {
  return {
    minArgs: 2,
    maxArgs: 2,
    run: ([a, b]) => {
      if (typeof a === "string" && typeof b === "string") return holds(a < b ? -1 : a > b ? 1 : 0);
      const difference = Number(a) - Number(b);
      return !Number.isNaN(difference) && holds(difference);
    },
  };
}

function same(a: TemplateValue | undefined, b: TemplateValue | undefined): boolean {
  return typeof a === typeof b ? a === b : textOf(a) === textOf(b);
}

const LARGE = ["k", "M", "G", "T", "P", "E", "Z", "Y"];
const SMALL = ["m", "u", "n", "p", "f", "a", "z", "y"];
const BINARY = ["ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"];

function humanize(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return formatSignificant(value, 4);
  return Math.abs(value) >= 1 ? scaledDown(value, 1_000, LARGE) : scaledUp(value);
}

function humanize1024(value: number): string {
  if (Math.abs(value) <= 1 || !Number.isFinite(value)) return formatSignificant(value, 4);
  return scaledDown(value, 1_024, BINARY);
}

function humanizeDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return formatSignificant(seconds, 4);
  if (seconds === 0) return "0s";
  if (Math.abs(seconds) < 1) return `${scaledUp(seconds)}s`;
  const sign = seconds < 0 ? "-" : "";
  const size = Math.abs(seconds);
  const whole = Math.trunc(size);
  const parts = [
    [Math.trunc(whole / 86_400), "d"],
    [Math.trunc(whole / 3_600) % 24, "h"],
    [Math.trunc(whole / 60) % 60, "m"],
    [whole % 60, "s"],
  ] as const;
  const first = parts.findIndex(([count]) => count !== 0);
  if (first === 3) return `${sign}${formatSignificant(size, 4)}s`;
  return (
    sign +
    parts
      .slice(first)
      .map(([count, unit]) => `${count}${unit}`)
      .join(" ")
  );
}

function humanizeTimestamp(seconds: number): string {
  if (!Number.isFinite(seconds) || Math.abs(seconds) > 8.64e12) return formatSignificant(seconds, 4);
  const text = new Date(seconds * 1_000).toISOString().replace("T", " ");
  return text.replace(/(\.\d*?)0*Z$/, (_all, fraction: string) => `${fraction === "." ? "" : fraction} +0000 UTC`);
}

function scaledDown(value: number, step: number, prefixes: readonly string[]): string {
  let scaled = value;
  let prefix = "";
  for (const next of prefixes) {
    if (Math.abs(scaled) < step) break;
    prefix = next;
    scaled /= step;
  }
  return formatSignificant(scaled, 4) + prefix;
}

function scaledUp(value: number): string {
  let scaled = value;
  let prefix = "";
  for (const next of SMALL) {
    if (Math.abs(scaled) >= 1) break;
    prefix = next;
    scaled *= 1_000;
  }
  return formatSignificant(scaled, 4) + prefix;
}
