import { useEffect, useRef } from "react";
import { useMap } from "../map/map-handle.ts";
import { SEARCH_INPUT_ID } from "../map/toolbar.tsx";
import { type TimeActions, useTimeActions } from "../time-bar/time-actions.ts";
import type { View } from "./view.ts";

/** Keys that work anywhere on the topology page but while somebody types. */
export function useKeys(view: View, options: { readonly isBlocked: boolean; readonly openSheet: () => void }): void {
  const actions = useTimeActions(view);
  const latest = useRef((_key: string): boolean => false);
  latest.current = (key) => press(key, { view, actions, openSheet: options.openSheet });
  const { isBlocked } = options;
  useEffect(() => {
    if (isBlocked) return;
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
      if (latest.current(event.key)) event.preventDefault();
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, [isBlocked]);
}

interface Reach {
  readonly view: View;
  readonly actions: TimeActions;
  readonly openSheet: () => void;
}

/** Whether the key means something here. */
function press(key: string, { view, actions, openSheet }: Reach): boolean {
  switch (key) {
    case "[":
      void actions.step("previous");
      return true;
    case "]":
      void actions.step("next");
      return true;
    case " ":
      void actions.togglePlay();
      return true;
    case "l":
    case "L":
      void actions.goLive();
      return true;
    case "a":
    case "b":
      void actions.pin(key);
      return true;
    case "f":
      useMap.getState().handle?.fit();
      return true;
    case "/":
      document.getElementById(SEARCH_INPUT_ID)?.focus();
      return true;
    case "?":
      openSheet();
      return true;
    case "Escape":
      if (view.search.sel === undefined) return false;
      void view.go({ sel: undefined });
      useMap.getState().handle?.focus();
      return true;
    default:
      return false;
  }
}

/** In a field every key is text; on a button or in a menu, space and Escape are its own. */
function isTyping(event: KeyboardEvent): boolean {
  const { target } = event;
  if (!(target instanceof HTMLElement)) return false;
  if (target.closest("input, textarea, select, [contenteditable], [role=menu], [role=dialog]") !== null) return true;
  return event.key === " " && target.closest("button, a, [role=radio], [role=slider]") !== null;
}
