import { type PointerEvent, useState } from "react";
import type { EpochMs } from "../../../core/clock.ts";
import { useView } from "../app/view.ts";
import { momentText } from "../model/time-text.ts";
import { instant } from "../model/view-clock.ts";
import { useTexts } from "../text/texts.tsx";
import type { TimeActions } from "./time-actions.ts";
import classes from "./time-bar.module.css";
import type { TimeScale } from "./time-chart.tsx";

/** Pins A and B: drag one to compare with another moment. */
export function PinHandles(props: { readonly scale: TimeScale; readonly actions: TimeActions }) {
  const { search, clock } = useView();
  const { scale } = props;
  const [a, b] = [search.a, search.b];
  const [left, right] = a === undefined || b === undefined ? [0, 0] : [scale(a), scale(b)].sort((x, y) => x - y);
  return (
    <>
      {clock.kind === "diff" && left !== undefined && right !== undefined && (
        <div className={classes.between} style={{ left, width: right - left }} />
      )}
      {a !== undefined && <Pin name="a" at={a} {...props} />}
      {b !== undefined && <Pin name="b" at={b} {...props} />}
    </>
  );
}

function Pin(props: {
  readonly name: "a" | "b";
  readonly at: EpochMs;
  readonly scale: TimeScale;
  readonly actions: TimeActions;
}) {
  const { timeBar } = useTexts();
  const { now } = useView();
  const { name, at, scale, actions } = props;
  const [dragged, setDragged] = useState<EpochMs>();
  const momentOf = (event: PointerEvent): EpochMs => {
    const box = event.currentTarget.parentElement?.getBoundingClientRect();
    return instant(Math.min(now, scale.invert(event.clientX - (box?.left ?? 0))));
  };
  const text = name === "a" ? timeBar.pinAShort : timeBar.pinBShort;
  return (
    <button
      type="button"
      className={classes.pin}
      style={{ left: scale(dragged ?? at) }}
      aria-label={`${text}: ${momentText(dragged ?? at, now)}`}
      onPointerDown={(event) => {
        event.stopPropagation();
        event.currentTarget.setPointerCapture(event.pointerId);
        setDragged(at);
      }}
      onPointerMove={(event) => {
        if (dragged !== undefined) setDragged(momentOf(event));
      }}
      onPointerUp={(event) => {
        event.stopPropagation();
        if (dragged !== undefined && dragged !== at) void actions.pin(name, dragged);
        setDragged(undefined);
      }}
      data-testid={`pin-handle-${name}`}
    >
      <span>{text}</span>
    </button>
  );
}
