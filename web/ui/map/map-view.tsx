import { useEffect, useMemo, useRef, useState } from "react";
import { type ElementId, parseElementId } from "../../../core/element-id.ts";
import { changedId } from "../../../topology/model/change.ts";
import { useView } from "../app/view.ts";
import type { Rect } from "../layout/shapes.ts";
import { prefersReducedMotion } from "../theme/appearance.ts";
import { BandLabels } from "./band-labels.tsx";
import { type Camera, createCamera, levelOf } from "./camera.ts";
import { createDrawing, type Drawing } from "./draw.ts";
import { ElementList } from "./element-list.tsx";
import { useMap } from "./map-handle.ts";
import "./map.css";
import classes from "./map.module.css";
import type { Scene } from "./scene.ts";
import { Tooltip, type TooltipAt } from "./tooltip.tsx";
import { ZoomControls } from "./zoom-controls.tsx";

interface Stage {
  readonly drawing: Drawing;
  readonly camera: Camera;
}

/** The map of one host. React owns the frame; what is inside the SVG is drawn by `createDrawing`. */
export function MapView(props: { readonly scene: Scene }) {
  const { scene } = props;
  const view = useView();
  const svg = useRef<SVGSVGElement>(null);
  const root = useRef<SVGGElement>(null);
  const frame = useRef<HTMLDivElement>(null);
  const labels = useRef<HTMLDivElement>(null);
  const [stage, setStage] = useState<Stage>();
  const [tooltip, setTooltip] = useState<TooltipAt>();
  const active = useMap((state) => state.active);
  const rects = useMemo(() => rectsOf(scene), [scene]);
  useStage({ svg, root, labels, setStage });
  useFirstFit(stage, scene, `${view.host} ${view.edition}`);
  useEffect(() => {
    stage?.drawing.update(scene, { animated: !prefersReducedMotion() });
  }, [stage, scene]);
  useEffect(() => {
    stage?.drawing.ring(active === undefined ? undefined : rects.get(active));
  }, [stage, active, rects]);
  usePulses(stage, rects);
  useHandle(stage, scene, rects, frame);
  const select = (id: ElementId | undefined): void => void view.go({ sel: id });
  return (
    <div className={classes.frame} ref={frame} data-testid="map">
      <svg
        ref={svg}
        className="m-svg"
        aria-hidden="true"
        onClick={(event) => select(elementAt(event.target))}
        onPointerMove={(event) => {
          const id = elementAt(event.target);
          stage?.drawing.hover(id);
          const box = frame.current?.getBoundingClientRect();
          setTooltip(
            id === undefined || box === undefined
              ? undefined
              : { id, x: event.clientX - box.left, y: event.clientY - box.top, width: box.width, height: box.height },
          );
        }}
        onPointerLeave={() => {
          stage?.drawing.hover(undefined);
          setTooltip(undefined);
        }}
      >
        <Patterns />
        <g ref={root} />
      </svg>
      <BandLabels scene={scene} frame={labels} />
      <ElementList scene={scene} rects={rects} onOpen={select} />
      {tooltip !== undefined && <Tooltip at={tooltip} />}
      <ZoomControls />
    </div>
  );
}

function useStage(options: {
  readonly svg: React.RefObject<SVGSVGElement | null>;
  readonly root: React.RefObject<SVGGElement | null>;
  readonly labels: React.RefObject<HTMLDivElement | null>;
  readonly setStage: (stage: Stage | undefined) => void;
}): void {
  const { svg, root, labels, setStage } = options;
  useEffect(() => {
    const [canvas, world] = [svg.current, root.current];
    if (canvas === null || world === null) return;
    const camera = createCamera(canvas, {
      animated: () => !prefersReducedMotion(),
      onMove: ({ x, y, k }) => {
        world.setAttribute("transform", `translate(${x} ${y}) scale(${k})`);
        const level = levelOf(k);
        if (world.dataset.level !== level) world.dataset.level = level;
        // Not on the frame: every element below would have its style worked out anew.
        labels.current?.style.setProperty("--camera-y", `${y}px`);
        labels.current?.style.setProperty("--camera-k", String(k));
      },
    });
    setStage({ drawing: createDrawing(world), camera });
    return () => {
      camera.stop();
      world.replaceChildren();
      setStage(undefined);
    };
  }, [svg, root, labels, setStage]);
}

/** Where the camera was left, by host and edition, for as long as the page is open. */
const CAMERAS = new Map<string, Camera["transform"]>();

/** Fits once per host and edition; from then on the camera is the reader's, also after a look at the table. */
function useFirstFit(stage: Stage | undefined, scene: Scene, key: string): void {
  const placed = useRef<{ readonly stage: Stage; readonly key: string }>(undefined);
  useEffect(() => {
    if (stage === undefined || (placed.current?.stage === stage && placed.current.key === key)) return;
    const left = CAMERAS.get(key);
    if (left === undefined) stage.camera.jumpToFit(scene);
    else stage.camera.jumpTo(left);
    placed.current = { stage, key };
  }, [stage, scene, key]);
  useEffect(() => {
    if (stage === undefined) return;
    return () => void CAMERAS.set(key, stage.camera.transform);
  }, [stage, key]);
}

/** What the last live batch changed glows once. */
function usePulses(stage: Stage | undefined, rects: ReadonlyMap<string, Rect>): void {
  const { shown } = useView();
  const changes = shown.kind === "ready" ? shown.changes : undefined;
  const pulsed = useRef(changes);
  useEffect(() => {
    if (stage === undefined || changes === undefined || changes === pulsed.current) return;
    pulsed.current = changes;
    if (prefersReducedMotion()) return;
    const places = changes.flatMap((change) => rects.get(changedId(change)) ?? []);
    stage.drawing.pulse(places.slice(0, PULSES_AT_MOST));
  }, [stage, changes, rects]);
}

const PULSES_AT_MOST = 200;

function useHandle(
  stage: Stage | undefined,
  scene: Scene,
  rects: ReadonlyMap<string, Rect>,
  frame: React.RefObject<HTMLDivElement | null>,
): void {
  useEffect(() => {
    if (stage === undefined) return;
    useMap.setState({
      handle: {
        fit: () => stage.camera.fit(scene),
        zoomBy: (factor) => stage.camera.zoomBy(factor),
        flyTo: (id) => {
          const rect = rects.get(id);
          if (rect !== undefined) stage.camera.flyTo(rect);
        },
        focus: () => frame.current?.querySelector<HTMLElement>("[role=listbox]")?.focus(),
        isStill: () => !stage.camera.isFlying && frame.current?.querySelector("[data-leaving], .m-halo") === null,
      },
    });
    return () => useMap.setState({ handle: undefined });
  }, [stage, scene, rects, frame]);
}

function elementAt(target: EventTarget): ElementId | undefined {
  if (!(target instanceof Element)) return undefined;
  const id = target.closest("[data-element-id]")?.getAttribute("data-element-id");
  return id === null || id === undefined ? undefined : parseElementId(id);
}

/** Where each element is drawn; a box that is continued counts where it begins. */
function rectsOf(scene: Scene): ReadonlyMap<string, Rect> {
  const rects = new Map<string, Rect>();
  for (const box of scene.boxes) if (box.place.part === 1) rects.set(box.element, box.place);
  for (const item of scene.items) rects.set(item.element, item.place);
  return rects;
}

/** Stripes: nothing is known. Hatching: it is gone. */
function Patterns() {
  return (
    <defs>
      <pattern id="m-stripes" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <line x1="0" y1="0" x2="0" y2="8" className="m-stripe-line" />
      </pattern>
      <pattern id="m-hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)">
        <line x1="0" y1="0" x2="0" y2="6" className="m-hatch-line" />
      </pattern>
    </defs>
  );
}
