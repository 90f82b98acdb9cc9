import type { Selection } from "d3";
import { BOX } from "../layout/shapes.ts";
import { alertPath, cornerPath, diffText, markPath, writeFace } from "./draw-items.ts";
import type { Group } from "./fade.ts";
import { glyphOf } from "./glyphs.ts";
import type { SceneBox } from "./scene.ts";

type Boxes = Selection<SVGGElement, SceneBox, SVGGElement, unknown>;

/** Bridges and namespaces: a frame with a title line; what they hold is drawn on top by `drawItems`. */
export function drawBoxes(layer: Group, boxes: readonly SceneBox[]): void {
  layer
    .selectAll<SVGGElement, SceneBox>("g.m-box")
    .data(boxes, (box) => box.id)
    .join((enter) => createBoxes(enter.append("g")))
    .call(writeFace)
    .call(placeParts);
}

function createBoxes(boxes: Boxes): Boxes {
  boxes.attr("class", "m-box").attr("data-element-id", (box) => box.element);
  boxes.append("rect").attr("class", "m-face").attr("rx", 6);
  boxes.append("rect").attr("class", "m-pattern").attr("rx", 6);
  boxes.append("path").attr("class", "m-corner");
  boxes.append("path").attr("class", "m-glyph");
  boxes.append("text").attr("class", "m-label").attr("dy", "0.35em");
  boxes.append("text").attr("class", "m-diff-mark").attr("dy", "0.35em").attr("text-anchor", "end");
  boxes.append("path").attr("class", "m-mark").attr("fill-rule", "evenodd");
  boxes.append("path").attr("class", "m-alert").attr("fill-rule", "evenodd");
  return boxes;
}

function placeParts(boxes: Boxes): void {
  const middle = BOX.header / 2;
  boxes.attr("transform", ({ place }) => `translate(${place.x} ${place.y})`);
  boxes
    .selectChildren<SVGRectElement, SceneBox>("rect")
    .attr("width", ({ place }) => place.width)
    .attr("height", ({ place }) => place.height);
  boxes
    .selectChild<SVGPathElement>(".m-glyph")
    .attr("d", (box) => glyphOf(box.kind))
    .attr("transform", `translate(8 ${middle - 6})`);
  boxes
    .selectChild<SVGTextElement>(".m-label")
    .attr("x", 26)
    .attr("y", middle)
    .text((box) => (box.place.part === 1 ? box.label : `${box.label} (${box.place.part})`));
  boxes
    .selectChild<SVGTextElement>(".m-diff-mark")
    .attr("x", ({ place }) => place.width - 8)
    .attr("y", middle)
    .text(diffText);
  boxes.selectChild<SVGPathElement>(".m-corner").attr("d", cornerPath);
  boxes
    .selectChild<SVGPathElement>(".m-mark")
    .attr("d", markPath)
    .attr("transform", ({ place }) => `translate(${place.width - 20} ${middle - 6})`);
  boxes.selectChild<SVGPathElement>(".m-alert").attr("d", alertPath).attr("transform", "translate(-6 -7)");
}
