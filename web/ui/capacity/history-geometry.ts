import { scaleLinear } from "d3";
import type { CapacityHistoryResponse } from "../../api/capacity.ts";
import { DAY_MS } from "../model/view-clock.ts";

export interface Frame {
  readonly width: number;
  readonly height: number;
  /** Room for the words of the axes. */
  readonly left: number;
  readonly bottom: number;
}

/** Everything that is drawn, in pixels. Paths are SVG's. */
export interface HistoryGeometry {
  readonly used: string;
  readonly area: string;
  readonly total: string;
  readonly cone: string;
  readonly likely: string;
  readonly nowX: number;
  /** Where it runs out: from the earliest to the latest, at the height of the total. */
  readonly runOut:
    | { readonly x1: number; readonly x2: number; readonly likelyX: number; readonly y: number }
    | undefined;
  readonly xTicks: readonly { readonly x: number; readonly at: number }[];
  readonly yTicks: readonly { readonly y: number; readonly value: number }[];
}

type History = CapacityHistoryResponse["histories"][number];

/** As far ahead as it takes to run out, but no further than twice the history: that would press it together. */
const MOST_AHEAD = 1.2;
const LEAST_AHEAD_MS = 2 * DAY_MS;
const TOP = 10;

export function historyGeometry(
  { used, total, forecast }: History,
  times: readonly number[],
  { frame, now, base }: { readonly frame: Frame; readonly now: number; readonly base: 2 | 10 },
): HistoryGeometry {
  const first = times[used.findIndex((value) => value !== null)] ?? times[0] ?? now - DAY_MS;
  const foretold = forecast.kind === "runs_out" ? forecast : undefined;
  const ahead = foretold === undefined ? LEAST_AHEAD_MS / 4 : (foretold.latest - now) * 1.1;
  const end = now + Math.min(Math.max(ahead, (now - first) / 12), Math.max(LEAST_AHEAD_MS, (now - first) * MOST_AHEAD));
  const lastTotal = total.findLast((value) => value !== null) ?? 0;
  const most = Math.max(1, lastTotal, ...used.map((value) => value ?? 0), ...total.map((value) => value ?? 0)) * 1.08;
  const x = scaleLinear([first, end], [frame.left, frame.width - 4]).clamp(true);
  const y = scaleLinear([0, most], [frame.height - frame.bottom, TOP]).clamp(true);
  const points = (values: readonly (number | null)[]) =>
    values.flatMap((value, i) =>
      value === null || (times[i] ?? 0) < first ? [] : [[x(times[i] ?? 0), y(value)] as const],
    );
  const usedPoints = points(used);
  const floor = y(0);
  const cone = (foretold?.cone ?? []).filter(({ at }) => at <= end);
  const up = (value: number) => y(Math.min(value, lastTotal));
  return {
    used: pathOf(usedPoints),
    area:
      usedPoints.length === 0
        ? ""
        : `${pathOf(usedPoints)}L${round(usedPoints.at(-1)?.[0] ?? 0)},${round(floor)}L${round(usedPoints[0]?.[0] ?? 0)},${round(floor)}Z`,
    total: steppedPath([...points(total), ...(lastTotal > 0 ? [[x(end), y(lastTotal)] as const] : [])]),
    cone:
      cone.length < 2
        ? ""
        : `${pathOf([...cone.map(({ at, high }) => [x(at), up(high)] as const), ...cone.toReversed().map(({ at, low }) => [x(at), up(low)] as const)])}Z`,
    likely: pathOf(cone.map(({ at, likely }) => [x(at), up(likely)] as const)),
    nowX: x(now),
    runOut:
      foretold === undefined || foretold.earliest > end
        ? undefined
        : { x1: x(foretold.earliest), x2: x(foretold.latest), likelyX: x(foretold.likely), y: y(lastTotal) },
    xTicks: dayTicks(first, end).map((at) => ({ x: x(at), at })),
    yTicks: valueTicks(most, base).map((value) => ({ y: y(value), value })),
  };
}

/** Midnights of the reader's time zone, four or five of them. */
function dayTicks(from: number, to: number): readonly number[] {
  const step = Math.max(1, Math.ceil((to - from) / DAY_MS / 5));
  const start = new Date(from);
  start.setHours(0, 0, 0, 0);
  const ticks: number[] = [];
  for (let day = 1; ; day += step) {
    const at = new Date(start.getFullYear(), start.getMonth(), start.getDate() + day).getTime();
    if (at > to) return ticks;
    if (at >= from) ticks.push(at);
  }
}

/** Sizes are read in KiB and MiB: the axis has round numbers of these. */
function valueTicks(most: number, base: 2 | 10): readonly number[] {
  if (base === 10) return scaleLinear([0, most], [0, 1]).ticks(3);
  const step = 2 ** Math.ceil(Math.log2(most / 4));
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, i) => i * step);
}

function pathOf(points: readonly (readonly [number, number])[]): string {
  return points.map(([x, y], i) => `${i === 0 ? "M" : "L"}${round(x)},${round(y)}`).join("");
}

/** A total stays until it changes. */
function steppedPath(points: readonly (readonly [number, number])[]): string {
  return points.map(([x, y], i) => (i === 0 ? `M${round(x)},${round(y)}` : `H${round(x)}V${round(y)}`)).join("");
}

const round = (value: number): number => Math.round(value * 10) / 10;
