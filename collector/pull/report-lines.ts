import { valueField } from "../../core/special-value.ts";
import type { AskedCounts } from "./asked.ts";
import type { RoundLines } from "./pull-writer.ts";
import { lineBeginning } from "./scrape/target-labels.ts";

export interface RoundReport extends AskedCounts {
  readonly isUp: boolean;
  readonly durationMs: number;
}

/** What is told of each round besides what the target itself says; the names are Prometheus'. */
function reportOf({ isUp, durationMs, samples, kept, added }: RoundReport): readonly (readonly [string, number])[] {
  return [
    ["up", isUp ? 1 : 0],
    ["scrape_duration_seconds", durationMs / 1_000],
    ["scrape_samples_scraped", samples],
    ["scrape_samples_post_metric_relabeling", kept],
    ["scrape_series_added", added],
  ];
}

const NOTHING: RoundReport = { isUp: false, durationMs: 0, samples: 0, kept: 0, added: 0 };

export function addReport(
  report: RoundReport,
  labels: Readonly<Record<string, string>>,
  atMs: number,
  lines: RoundLines,
): void {
  const own = new Map(Object.entries(labels));
  for (const [name, value] of reportOf(report)) lines.add(`${lineBeginning(name, own)} ${valueField(value)} ${atMs}`);
}

/** The target is no longer asked. */
export function endReport(labels: Readonly<Record<string, string>>, atMs: number, lines: RoundLines): void {
  const own = new Map(Object.entries(labels));
  for (const [name] of reportOf(NOTHING)) lines.add(`${lineBeginning(name, own)} ${valueField("stale")} ${atMs}`);
}
