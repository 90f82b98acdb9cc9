import type { Selection } from "d3";
import { fadeIn, fadeOut, type Group } from "./fade.ts";
import { glyphOf, MARKS } from "./glyphs.ts";
import type { SceneBox, SceneItem } from "./scene.ts";

type Items = Selection<SVGGElement, SceneItem, SVGGElement, unknown>;

/** Chips and dots. What an item looks like follows from its data attributes (map.css). */
export function drawItems(layer: Group, items: readonly SceneItem[], animated: boolean): void {
  layer
    .selectAll<SVGGElement, SceneItem>("g.m-item:not([data-leaving])")
    .data(items, (item) => item.id)
    .join(
      (enter) => fadeIn(createItems(enter.append("g")), animated),
      (update) => update,
      (exit) => fadeOut(exit, animated),
    )
    .call(writeFace)
    .call(placeParts);
}

function createItems(items: Items): Items {
  items.attr("class", "m-item").attr("data-element-id", (item) => item.element);
  items.append("rect").attr("class", "m-face");
  items
    .filter((item) => item.place.form !== "dot")
    .append("path")
    .attr("class", "m-glyph");
  items.append("text").attr("class", "m-label").attr("dy", "0.35em");
  return items;
}

/** The data attributes that say how an item or box is. */
export function writeFace<D extends SceneItem | SceneBox>(
  items: Selection<SVGGElement, D, SVGGElement, unknown>,
): void {
  items
    .attr("data-kind", (item) => item.kind)
    .attr("data-condition", (item) => (item.diff === undefined ? item.condition : null))
    .attr("data-diff", (item) => item.diff ?? null)
    .attr("data-alert", (item) => item.alert ?? null)
    .classed("m-dimmed", (item) => item.dimmed)
    .classed("m-selected", (item) => item.selected);
}

function placeParts(items: Items): void {
  items
    .attr("data-form", (item) => item.place.form)
    .attr("transform", ({ place }) => `translate(${place.x} ${place.y})`);
  const faces = [items.selectChild<SVGRectElement>(".m-face"), part(items, "rect", "m-pattern", isPatterned)];
  for (const face of faces) {
    face
      .attr("width", ({ place }) => place.width)
      .attr("height", ({ place }) => place.height)
      .attr("rx", ({ place }) => (place.form === "dot" ? 3 : 4));
  }
  items
    .selectChild<SVGPathElement>(".m-glyph")
    .attr("d", (item) => glyphOf(item.kind))
    .attr("transform", ({ place }) => `translate(${place.form === "card" ? 8 : 5} ${place.height / 2 - 6})`);
  items
    .selectChild<SVGTextElement>(".m-label")
    .attr("x", ({ place }) => (place.form === "card" ? 27 : place.form === "dot" ? 5 : 21))
    .attr("y", ({ place }) => (place.form === "dot" ? 16 : place.height / 2))
    .attr("text-anchor", ({ place }) => (place.form === "dot" ? "middle" : null))
    .text((item) => (item.place.form === "dot" ? item.name.slice(-4) : item.label));
  part(items, "text", "m-diff-mark", (item) => diffText(item) !== "")
    .attr("x", ({ place }) => (place.form === "dot" ? 8 : place.width - 6))
    .attr("y", ({ place }) => place.height / 2)
    .text(diffText);
  part(items, "path", "m-corner", (item) => cornerPath(item) !== null).attr("d", cornerPath);
  part(items, "path", "m-mark", (item) => markPath(item) !== null)
    .attr("d", markPath)
    .attr("transform", ({ place }) =>
      place.form === "dot" ? "translate(4 -4) scale(0.7)" : `translate(${place.width - 18} ${place.height / 2 - 6})`,
    );
  part(items, "path", "m-alert", (item) => alertPath(item) !== null)
    .attr("d", alertPath)
    .attr("transform", ({ place }) => (place.form === "dot" ? "translate(-4 -6) scale(0.8)" : "translate(-6 -7)"));
}

/** A part that few have: only they get an SVG element for it, since each one costs on every frame of a zoom. */
export function part<D, T extends "rect" | "path" | "text">(
  items: Selection<SVGGElement, D, SVGGElement, unknown>,
  tag: T,
  name: string,
  isWanted: (item: D) => boolean,
): Selection<SVGElementTagNameMap[T], D, SVGGElement, D> {
  return items
    .selectAll<SVGElementTagNameMap[T], D>(`:scope > .${name}`)
    .data((item) => (isWanted(item) ? [item] : []))
    .join((enter) => enter.append<SVGElementTagNameMap[T]>(tag).attr("class", name));
}

/** Stripes for the unknown, hatching for the removed. */
export function isPatterned(item: SceneItem | SceneBox): boolean {
  return item.condition === "unknown" || item.diff === "unknown" || item.diff === "removed";
}

/** What stands beside the colour of a difference, so that colour is never the only sign. */
export function diffText(item: SceneItem | SceneBox): string {
  switch (item.diff) {
    case "added":
      return "+";
    case "removed":
      return "−";
    case "changed":
      return item.changes > 0 && !("form" in item.place && item.place.form === "dot") ? `~${item.changes}` : "~";
    case "unknown":
      return "?";
    case "unchanged":
      return "";
    case undefined:
      return item.condition === "unknown" ? "?" : "";
  }
}

/** The half-filled corner of what changed. */
export function cornerPath(item: SceneItem | SceneBox): string | null {
  if (item.diff !== "changed") return null;
  const { width, height } = item.place;
  const side = Math.min(14, height);
  return `M${width - side} 0H${width - 4}Q${width} 0 ${width} 4V${side}Z`;
}

export function markPath(item: SceneItem | SceneBox): string | null {
  const isCovered = "form" in item.place && item.place.form === "dot" && item.alert !== undefined;
  if (item.diff !== undefined || isCovered) return null;
  switch (item.condition) {
    case "down":
      return MARKS.down;
    case "degraded":
      return MARKS.degraded;
    case "paused":
      return MARKS.paused;
    case "adminDown":
      return MARKS.adminDown;
    case "error":
      return MARKS.octagon;
    case "up":
    case "unknown":
      return null;
  }
}

export function alertPath(item: SceneItem | SceneBox): string | null {
  switch (item.alert) {
    case "critical":
      return MARKS.octagon;
    case "warning":
      return MARKS.triangle;
    case "info":
      return MARKS.info;
    case undefined:
      return null;
  }
}
