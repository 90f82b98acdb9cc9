import { type Selection, select } from "d3";
import type { Rect } from "../layout/shapes.ts";
import { drawBoxes, drawTitles } from "./draw-boxes.ts";
import { drawItems } from "./draw-items.ts";
import { fadeIn, fadeOut, type Group } from "./fade.ts";
import { CABLE_DASH } from "./glyphs.ts";
import type { Scene, SceneCable } from "./scene.ts";

export interface Drawing {
  update(scene: Scene, options: { readonly animated: boolean }): void;
  /** Emphasises an element's cables while the pointer is on it. */
  hover(id: string | undefined): void;
  /** The element the keyboard is on. */
  ring(place: Rect | undefined): void;
  /** Shows once that these places changed. */
  pulse(places: readonly Rect[]): void;
}

const HALO_MS = 600;

/** Draws scenes into `root`: bands below, then boxes, cables, items, and what marks them on top. */
export function createDrawing(root: SVGGElement): Drawing {
  const group = (name: string): Group => select(root).append("g").attr("class", name);
  const layers = {
    bands: group("m-bands"),
    passing: group("m-cables"),
    boxes: group("m-boxes"),
    cables: group("m-cables"),
    titles: group("m-titles"),
    items: group("m-items"),
    marks: group("m-marks"),
  };
  const ring = layers.marks.append("rect").attr("class", "m-ring").attr("rx", 7).style("display", "none");
  return {
    update: (scene, { animated }) => {
      drawBands(layers.bands, scene);
      drawBoxes(layers.boxes, scene.boxes);
      drawTitles(layers.titles, scene.boxes);
      drawCables(
        layers.passing,
        scene.cables.filter(({ passes }) => passes),
        animated,
      );
      drawCables(
        layers.cables,
        scene.cables.filter(({ passes }) => !passes),
        animated,
      );
      drawItems(layers.items, scene.items, animated);
    },
    hover: (id) => {
      select(root)
        .selectAll<SVGPathElement, SceneCable>(".m-cable")
        .classed(
          "m-touched",
          (cable) => id !== undefined && [cable.id, cable.from, cable.to].some((end) => end === id),
        );
    },
    ring: (place) => {
      if (place === undefined) ring.style("display", "none");
      else outline(ring, place, 4).style("display", null);
    },
    pulse: (places) => {
      for (const place of places) {
        outline(layers.marks.append("rect").attr("class", "m-halo").attr("rx", 8), place, 3)
          .transition()
          .duration(HALO_MS)
          .style("opacity", 0)
          .remove();
      }
    },
  };
}

type RectSelection = Selection<SVGRectElement, unknown, null, undefined>;

function outline(rect: RectSelection, place: Rect, margin: number): RectSelection {
  return rect
    .attr("x", place.x - margin)
    .attr("y", place.y - margin)
    .attr("width", place.width + 2 * margin)
    .attr("height", place.height + 2 * margin);
}

/** Wide enough to reach both edges of any screen at any zoom. */
const EVERYWHERE = { x: -40_000, width: 80_000 } as const;

function drawBands(layer: Group, scene: Scene): void {
  layer
    .selectAll<SVGRectElement, Scene["bands"][number]>("rect")
    .data(scene.bands, (band) => band.name)
    .join("rect")
    .attr("class", "m-band")
    .classed("m-band-even", (_, index) => index % 2 === 0)
    .attr("x", EVERYWHERE.x)
    .attr("width", EVERYWHERE.width)
    .attr("y", (band) => band.y)
    .attr("height", (band) => band.height);
}

function drawCables(layer: Group, cables: readonly SceneCable[], animated: boolean): void {
  layer
    .selectAll<SVGPathElement, SceneCable>("path:not([data-leaving])")
    .data(cables, (cable) => cable.id)
    .join(
      (enter) => fadeIn(enter.append("path").attr("class", "m-cable"), animated),
      (update) => update,
      (exit) => fadeOut(exit, animated),
    )
    .attr("data-element-id", (cable) => cable.id)
    .attr("data-kind", (cable) => cable.kind)
    .attr("data-diff", (cable) => cable.diff ?? null)
    .attr("stroke-dasharray", (cable) => (cable.diff === "removed" ? "5 4" : (CABLE_DASH[cable.kind] ?? null)))
    .attr("d", (cable) => cable.path)
    .classed("m-dimmed", (cable) => cable.dimmed)
    .classed("m-selected", (cable) => cable.selected);
}
