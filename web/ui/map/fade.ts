import { type BaseType, type Selection, select } from "d3";

export type Group = Selection<SVGGElement, unknown, null, undefined>;

const FADE_MS = 200;

export function fadeIn<E extends BaseType, D>(
  selection: Selection<E, D, SVGGElement, unknown>,
  animated: boolean,
): Selection<E, D, SVGGElement, unknown> {
  if (animated) {
    selection
      .attr("opacity", 0)
      .transition()
      .duration(FADE_MS)
      .attr("opacity", 1)
      .on("end interrupt", function end() {
        select(this).attr("opacity", null);
      });
  }
  return selection;
}

export function fadeOut<E extends BaseType, D>(
  selection: Selection<E, D, SVGGElement, unknown>,
  animated: boolean,
): Selection<E, D, SVGGElement, unknown> {
  if (!animated) return selection.remove();
  selection.attr("data-leaving", "true").transition().duration(FADE_MS).attr("opacity", 0).remove();
  return selection;
}
