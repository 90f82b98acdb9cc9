import { gzipSync } from "node:zlib";
import { type FieldSpec, METRIC_CATALOGUE, type Measurement } from "../core/metric-catalogue.ts";
import { mixed } from "./random-updates.ts";

/**
 * What a host of the load sends: so many lines of each measurement, told apart by a tag. Taps and processes come and go: another
 * generation of a line is another one of its kind.
 */
const LINES: readonly (readonly [Measurement, lines: number, tags: (line: number, generation: number) => string])[] = [
  ["cpu", 9, (line) => `,cpu=${line === 0 ? "total" : line - 1}`],
  ["system", 1, () => ""],
  ["mem", 1, () => ""],
  ["pressure", 5, (line) => `,resource=${["cpu", "io", "memory"][line % 3]},type=${line < 3 ? "some" : "full"}`],
  ["diskio", 4, (line) => `,device=nvme${line}n1`],
  ["filesystem", 4, (line) => `,device=/dev/nvme${line}n1p1,fstype=ext4,mountpoint=/srv/${line}`],
  ["net_if", 24, (line, generation) => `,interface=${tapName(generation * 24 + line)},kind=tap,netns=host`],
  ["softnet", 8, (line) => `,cpu=${line}`],
  ["netstat", 1, () => ""],
  ["conntrack", 1, () => ""],
  ["process", 8, (line, generation) => `,comm=process-${generation * 8 + line}`],
];

const COMES_AND_GOES: readonly Measurement[] = ["net_if", "process"];

/** Numeric samples in one body. */
export const SAMPLES_PER_BODY = LINES.reduce(
  (sum, [measurement, lines]) => sum + lines * Object.keys(METRIC_CATALOGUE[measurement].fields).length,
  0,
);
/** Lines of each measurement in one body. */
export const LINES_BY_MEASUREMENT: ReadonlyMap<string, number> = new Map(
  LINES.map(([measurement, lines]) => [measurement, lines]),
);
export const LINES_PER_BODY = LINES.reduce((sum, [, lines]) => sum + lines, 0);

/** Of these, how many are of lines that come and go. */
const PASSING_SAMPLES = LINES.filter(([measurement]) => COMES_AND_GOES.includes(measurement)).reduce(
  (sum, [measurement, lines]) => sum + lines * Object.keys(METRIC_CATALOGUE[measurement].fields).length,
  0,
);

function tapName(number: number): string {
  return `tap${number.toString(16).padStart(8, "0")}`;
}

export function hostName(host: number): string {
  return `compute-${String(host).padStart(5, "0")}`;
}

/** What one host sends at one tick. Times in milliseconds. */
export interface BodyMoment {
  readonly seed: number;
  readonly host: number;
  readonly tick: number;
  readonly at: number;
}

/** Which of its kind a line that comes and goes is at a moment. */
export type GenerationOf = (moment: BodyMoment, line: number) => number;

/** So many of all series are replaced between two ticks, another host's every time. */
export function replacing(shareOfTick: number): GenerationOf {
  const perTick = (shareOfTick * SAMPLES_PER_BODY) / PASSING_SAMPLES;
  return ({ seed, host, tick }, line) => Math.floor(tick * perTick + (mixed(seed ^ host, line) % 1e6) / 1e6);
}

/**
 * What a host sends at one tick: counters that rise by what is usual for it, gauges around what is usual, in the measurements of
 * our own agents. The same for the same seed, host and tick. Times in milliseconds.
 */
export function bodyOf(seed: number, host: number, tick: number, at: number): string {
  return bodyAt({ seed, host, tick, at }, () => 0);
}

/** As `bodyOf`, of a host whose taps and processes come and go. */
export function bodyAt(moment: BodyMoment, generationOf: GenerationOf): string {
  const { seed, host, tick, at } = moment;
  const name = hostName(host);
  let text = "";
  for (const [measurement, lines, tags] of LINES) {
    const fields = Object.entries(METRIC_CATALOGUE[measurement].fields);
    const isPassing = COMES_AND_GOES.includes(measurement);
    for (let line = 0; line < lines; line++) {
      const generation = isPassing ? generationOf(moment, line) : 0;
      text += `${measurement},host=${name}${tags(line, generation)} `;
      for (const [place, [field, { kind, unit }]] of fields.entries()) {
        const usual = mixed(seed ^ host, (generation * 64 + line) * 64 + place);
        const now = mixed(usual, tick);
        const separator = place === 0 ? "" : ",";
        text += `${separator}${field}=${valueText({ field, kind, unit }, { usual, now, tick })}`;
      }
      text += ` ${at}\n`;
    }
  }
  return text;
}

export function gzipped(body: string): Buffer {
  return gzipSync(body, { level: 1 });
}

interface Moment {
  readonly usual: number;
  readonly now: number;
  readonly tick: number;
}

/** What hardly ever happens, and what does not change as long as a host runs. */
const RARE = /error|drop|failed|carrier|oom|squeeze|major_faults/;
const FIXED = /total|max|buckets|mtu|speed|^cpus$|size|^files$|^up$/;

function valueText(
  { field, kind, unit }: { readonly field: string; readonly kind: FieldSpec["kind"]; readonly unit: FieldSpec["unit"] },
  { usual, now, tick }: Moment,
): string {
  if (kind === "counter") {
    if (RARE.test(field)) return `${(usual % 100) + Math.floor(tick / (20 + (usual % 500)))}i`;
    if (unit === "seconds") return ((usual % 1e7) / 100 + tick * 3 + (now % 300) / 100).toFixed(2);
    // Every third interface or disk is idle.
    if (usual % 3 === 0) return `${usual % 1e6}i`;
    return `${(usual % 1e9) + tick * (usual % 100_000) + (now % 10_000)}i`;
  }
  if (FIXED.test(field)) return `${usual % 1e9}i`;
  if (unit === "bytes") return `${4096 * ((usual % 4e6) + (now % 1_000))}i`;
  if (unit === "load" || unit === "percent" || unit === "ratio")
    return (((usual % 500) + (now % 100)) / 100).toFixed(2);
  return `${usual % 64}i`;
}
