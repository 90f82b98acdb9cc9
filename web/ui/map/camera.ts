import { type Selection, select, type ZoomTransform, zoom, zoomIdentity } from "d3";
import type { Rect } from "../layout/shapes.ts";

export interface Camera {
  readonly transform: ZoomTransform;
  readonly isFlying: boolean;
  /** Shows the whole world. */
  fit(world: Size): void;
  jumpToFit(world: Size): void;
  jumpTo(transform: ZoomTransform): void;
  zoomBy(factor: number): void;
  /** Brings a place into view, if it is not already there, and near enough to read it. */
  flyTo(rect: Rect): void;
  stop(): void;
}

/** Screen px kept free: the names of the bands stand in the left one. */
const MARGIN = { left: 124, right: 24, top: 8, bottom: 8 } as const;
const MOST_AT_FIT = 1.2;
const FLIGHT_MS = 350;
const READABLE = 0.8;

/** Pan and zoom of the map; the only owner of its transform. */
export function createCamera(
  svg: SVGSVGElement,
  options: { readonly onMove: (transform: ZoomTransform) => void; readonly animated: () => boolean },
): Camera {
  let transform = zoomIdentity;
  let isFlying = false;
  const behaviour = zoom<SVGSVGElement, unknown>()
    .scaleExtent([0.1, 6])
    .on("zoom", (event: { readonly transform: ZoomTransform }) => {
      transform = event.transform;
      options.onMove(transform);
    });
  const root: Selection<SVGSVGElement, unknown, null, undefined> = select(svg);
  root.call(behaviour).on("dblclick.zoom", null);
  const moveTo = (target: ZoomTransform): void => {
    if (!options.animated()) return void root.call(behaviour.transform, target);
    isFlying = true;
    const landed = (): void => {
      isFlying = false;
    };
    root.transition().duration(FLIGHT_MS).call(behaviour.transform, target).on("end interrupt", landed);
  };
  const screen = (): { width: number; height: number } => ({ width: svg.clientWidth, height: svg.clientHeight });
  return {
    get transform() {
      return transform;
    },
    get isFlying() {
      return isFlying;
    },
    fit: (world) => moveTo(fitting(world, screen())),
    jumpTo: (target) => void root.call(behaviour.transform, target),
    jumpToFit: (world) => void root.call(behaviour.transform, fitting(world, screen())),
    zoomBy: (factor) => {
      if (options.animated())
        root
          .transition()
          .duration(FLIGHT_MS / 2)
          .call(behaviour.scaleBy, factor);
      else root.call(behaviour.scaleBy, factor);
    },
    flyTo: (rect) => {
      const target = showing(rect, transform, screen());
      if (target !== undefined) moveTo(target);
    },
    stop: () => {
      root.interrupt().on(".zoom", null);
    },
  };
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The transform that shows all of `world`: no larger than reads well, from the top left. */
export function fitting(world: Size, screen: Size): ZoomTransform {
  const room = {
    width: Math.max(1, screen.width - MARGIN.left - MARGIN.right),
    height: Math.max(1, screen.height - MARGIN.top - MARGIN.bottom),
  };
  const scale = Math.min(MOST_AT_FIT, room.width / Math.max(1, world.width), room.height / Math.max(1, world.height));
  const x = MARGIN.left + Math.max(0, (room.width - world.width * scale) / 2);
  const y = MARGIN.top + Math.max(0, (room.height - world.height * scale) / 2);
  return zoomIdentity.translate(x, y).scale(scale);
}

/** The transform that puts `rect` in the middle of the screen; undefined when it can be seen and read as it is. */
export function showing(rect: Rect, now: ZoomTransform, screen: Size): ZoomTransform | undefined {
  const [left, top] = now.apply([rect.x, rect.y]);
  const [right, bottom] = now.apply([rect.x + rect.width, rect.y + rect.height]);
  const isVisible = left >= MARGIN.left && top >= 0 && right <= screen.width && bottom <= screen.height;
  if (isVisible && now.k >= READABLE * 0.75) return undefined;
  const scale = Math.max(now.k, READABLE);
  const x = (screen.width + MARGIN.left) / 2 - (rect.x + rect.width / 2) * scale;
  const y = screen.height / 2 - (rect.y + rect.height / 2) * scale;
  return zoomIdentity.translate(x, y).scale(scale);
}

/** What can be told apart at a zoom: names of cards, of small items, of dots. */
export function levelOf(scale: number): "far" | "low" | "middle" | "near" | "close" {
  if (scale < 0.38) return "far";
  if (scale < 0.54) return "low";
  if (scale < 0.78) return "middle";
  return scale < 2 ? "near" : "close";
}
