import "uplot/dist/uPlot.min.css";
import { useMantineColorScheme } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import type { Lines } from "../api/metrics.ts";
import { clockText } from "../model/time-text.ts";
import { instant } from "../model/view-clock.ts";
import { useAppearance } from "../theme/appearance.ts";
import type { Unit } from "./chart-plan.ts";
import classes from "./panel.module.css";
import "./plot.css";
import { quantityText } from "./quantity.ts";

const HEIGHT = 112;
const AXIS_WIDTH = 68;
/** Lines are told apart by these as well as by hue; panel.module.css draws the keys alike. */
const DASHES: readonly (number[] | undefined)[] = [
  undefined,
  [5, 3],
  undefined,
  [5, 3],
  [2, 2],
  [5, 3],
  [2, 2],
  [5, 3],
];
/** All charts of the page show the pointer at the same moment. */
const SYNC_KEY = "nephoscope";

/** A line chart; what it shows is in the table too, so the canvas itself is one image to a screen reader. */
export function Plot(props: {
  readonly lines: Lines;
  readonly unit: Unit;
  readonly label: string;
  /** Moments that are marked, in seconds. */
  readonly marks: readonly number[];
}) {
  const { lines, unit, label } = props;
  const { ref: sizeRef, width } = useElementSize();
  const ref = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const marks = useRef(props.marks);
  marks.current = props.marks;
  const { colorScheme } = useMantineColorScheme();
  const contrast = useAppearance((appearance) => appearance.contrast);
  const count = lines.lines.length;
  const latest = useRef(lines);
  latest.current = lines;
  // biome-ignore lint/correctness/useExhaustiveDependencies: colours are read from the page, which follow the scheme
  useEffect(() => {
    const frame = ref.current;
    if (frame === null || width === 0) return;
    const created = new uPlot(
      optionsOf({ width, unit, count, marks: () => marks.current }),
      dataOf(latest.current),
      frame,
    );
    plot.current = created;
    return () => {
      created.destroy();
      plot.current = undefined;
    };
  }, [width, unit, count, colorScheme, contrast]);
  useEffect(() => {
    plot.current?.setData(dataOf(lines));
  }, [lines]);
  const marked = props.marks.join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the marks are drawn anew when they move
  useEffect(() => {
    plot.current?.redraw(false);
  }, [marked]);
  return (
    <div ref={sizeRef} className={classes.plot}>
      <div ref={ref} role="img" aria-label={label} />
    </div>
  );
}

function dataOf(lines: Lines): uPlot.AlignedData {
  return [[...lines.times], ...lines.lines.map(({ values }) => [...values])];
}

function optionsOf(options: {
  readonly width: number;
  readonly unit: Unit;
  readonly count: number;
  readonly marks: () => readonly number[];
}): uPlot.Options {
  const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const [text, line, grid] = [colour("--text-3"), colour("--line-strong"), colour("--line")];
  const axis = {
    stroke: text,
    font: `11px ${colour("--font")}`,
    grid: { stroke: grid, width: 1 },
    ticks: { show: false },
  };
  return {
    width: options.width,
    height: HEIGHT,
    padding: [8, 0, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: false, y: false }, sync: { key: SYNC_KEY } },
    scales: { y: { range: (_plot, _least, most) => [0, most > 0 ? most * 1.1 : 1] } },
    axes: [
      {
        ...axis,
        size: 24,
        space: 72,
        values: (_plot, splits) => splits.map((at) => clockText(instant(at * 1_000)).slice(0, 5)),
      },
      {
        ...axis,
        size: AXIS_WIDTH,
        ...(isBinary(options.unit) ? { incrs: POWERS_OF_TWO } : {}),
        space: 28,
        values: (_plot, splits) => splits.map((value) => quantityText(value, options.unit)),
      },
    ],
    series: [
      {},
      ...Array.from({ length: options.count }, (_, index) => ({
        stroke: colour(`--line-${index}`),
        width: 1.5,
        dash: DASHES[index % DASHES.length],
        points: { show: false },
      })),
    ],
    hooks: { draw: [(plot) => drawMarks(plot, options.marks(), line, colour("--past"))] },
  };
}

/** Sizes are read in KiB and MiB: the axis has round numbers of these. */
const POWERS_OF_TWO = Array.from({ length: 60 }, (_, power) => 2 ** power);

function isBinary(unit: Unit): boolean {
  return unit === "bytes" || unit === "bytes_per_second";
}

function drawMarks(plot: uPlot, marks: readonly number[], line: string, colour: string): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = colour === "" ? line : colour;
  ctx.lineWidth = 1.5 * devicePixelRatio;
  for (const at of marks) {
    const x = Math.round(plot.valToPos(at, "x", true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.restore();
}
