import type { KeyboardEvent } from "react";
import type { ElementId } from "../../../core/element-id.ts";
import { useView } from "../app/view.ts";
import { type Direction, nearestInDirection } from "../layout/nearest.ts";
import type { Rect } from "../layout/shapes.ts";
import { useTexts } from "../text/texts.tsx";
import classes from "./map.module.css";
import { useMap } from "./map-handle.ts";
import type { Scene, SceneBox, SceneItem } from "./scene.ts";

const DIRECTIONS: { readonly [key: string]: Direction } = {
  ArrowUp: "up",
  ArrowDown: "down",
  ArrowLeft: "left",
  ArrowRight: "right",
};

/** The most a screen reader is offered at once; the table has all. */
const OPTIONS_AT_MOST = 500;

/** The map for the keyboard and for those who do not see it: a list whose arrows follow the drawing. */
export function ElementList(props: {
  readonly scene: Scene;
  readonly rects: ReadonlyMap<string, Rect>;
  readonly onOpen: (id: ElementId) => void;
}) {
  const { scene, rects } = props;
  const { host, search } = useView();
  const texts = useTexts();
  const active = useMap((state) => state.active);
  const faces = [...scene.boxes.filter(({ place }) => place.part === 1), ...scene.items];
  const reachable = faces.filter((face) => !face.dimmed);
  const onKeyDown = useArrows({ rects, reachable, onOpen: props.onOpen });
  return (
    <div
      role="listbox"
      tabIndex={0}
      className={classes.list}
      aria-label={host === undefined ? texts.map.elements : texts.map.label(host)}
      aria-description={texts.map.instructions}
      aria-activedescendant={active !== undefined && rects.has(active) ? optionId(active) : undefined}
      onKeyDown={onKeyDown}
      onFocus={() => {
        const first = search.sel ?? reachable[0]?.element;
        if (active === undefined && first !== undefined) useMap.setState({ active: first });
      }}
      onBlur={() => useMap.setState({ active: undefined })}
      data-testid="map-keyboard"
    >
      {faces.slice(0, OPTIONS_AT_MOST).map((face) => (
        <div
          key={face.id}
          id={optionId(face.element)}
          role="option"
          tabIndex={-1}
          className="sr-only"
          aria-selected={face.selected}
        >
          {describe(face, texts)}
        </div>
      ))}
    </div>
  );
}

/** Arrow keys go to the nearest element that way, Enter opens it. */
function useArrows(options: {
  readonly rects: ReadonlyMap<string, Rect>;
  readonly reachable: readonly (SceneItem | SceneBox)[];
  readonly onOpen: (id: ElementId) => void;
}): (event: KeyboardEvent) => void {
  const { rects, reachable, onOpen } = options;
  const active = useMap((state) => state.active);
  return (event) => {
    const direction = DIRECTIONS[event.key];
    if (direction !== undefined) {
      event.preventDefault();
      const from = active === undefined ? undefined : rects.get(active);
      const candidates = reachable.map(({ element, place }): [string, Rect] => [element, place]);
      const next = from === undefined ? candidates[0]?.[0] : nearestInDirection(from, direction, candidates);
      const face = reachable.find(({ element }) => element === next);
      if (face === undefined) return;
      useMap.setState({ active: face.element });
      useMap.getState().handle?.flyTo(face.element);
    } else if (event.key === "Enter" && active !== undefined) {
      event.preventDefault();
      onOpen(active);
    }
  };
}

function describe(face: SceneItem | SceneBox, texts: ReturnType<typeof useTexts>): string {
  const parts = [texts.kinds[face.kind], face.name, texts.condition[face.condition]];
  if (face.diff !== undefined) parts.push(texts.difference[face.diff]);
  if (face.alert !== undefined) parts.push(`${texts.timeBar.alert}: ${texts.alerts.severity[face.alert]}`);
  return parts.join(", ");
}

function optionId(id: string): string {
  return `option-${id}`;
}
