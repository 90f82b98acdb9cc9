import type { Selection } from "d3";
import { BOX } from "../layout/shapes.ts";
import { alertPath, cornerPath, diffText, isPatterned, markPath, part, writeFace } from "./draw-items.ts";
import type { Group } from "./fade.ts";
import { glyphOf } from "./glyphs.ts";
import type { SceneBox } from "./scene.ts";

type Boxes = Selection<SVGGElement, SceneBox, SVGGElement, unknown>;

/** The frames of bridges and namespaces; what they hold is drawn on top by `drawItems`. */
export function drawBoxes(layer: Group, boxes: readonly SceneBox[]): void {
  const frames = joined(layer, boxes, (entered) => {
    entered.attr("data-element-id", (box) => box.element);
    entered.append("rect").attr("class", "m-face").attr("rx", 6);
  });
  for (const rect of [frames.selectChild<SVGRectElement>(".m-face"), part(frames, "rect", "m-pattern", isPatterned)]) {
    rect.attr("width", ({ place }) => place.width).attr("height", ({ place }) => place.height);
  }
  part(frames, "path", "m-corner", (box) => cornerPath(box) !== null).attr("d", cornerPath);
}

/** Their title lines, which stay readable where cables cross them. */
export function drawTitles(layer: Group, boxes: readonly SceneBox[]): void {
  const middle = BOX.header / 2;
  const titles = joined(layer, boxes, (entered) => {
    entered.append("path").attr("class", "m-glyph");
    entered.append("text").attr("class", "m-label").attr("dy", "0.35em").attr("x", 26).attr("y", middle);
  });
  titles
    .selectChild<SVGPathElement>(".m-glyph")
    .attr("d", (box) => glyphOf(box.kind))
    .attr("transform", `translate(8 ${middle - 6})`);
  titles
    .selectChild<SVGTextElement>(".m-label")
    .text((box) => (box.place.part === 1 ? box.label : `${box.label} (${box.place.part})`));
  part(titles, "text", "m-diff-mark", (box) => diffText(box) !== "")
    .attr("x", ({ place }) => place.width - 8)
    .attr("y", middle)
    .text(diffText);
  part(titles, "path", "m-mark", (box) => markPath(box) !== null)
    .attr("d", markPath)
    .attr("transform", ({ place }) => `translate(${place.width - 20} ${middle - 6})`);
  part(titles, "path", "m-alert", (box) => alertPath(box) !== null)
    .attr("d", alertPath)
    .attr("transform", "translate(-6 -7)");
}

function joined(layer: Group, boxes: readonly SceneBox[], create: (entered: Boxes) => void): Boxes {
  const groups = layer
    .selectAll<SVGGElement, SceneBox>("g.m-box")
    .data(boxes, (box) => box.id)
    .join((enter) => enter.append("g").attr("class", "m-box").call(create));
  writeFace(groups);
  return groups.attr("transform", ({ place }) => `translate(${place.x} ${place.y})`);
}
