import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import type { ElementId } from "../../../core/element-id.ts";
import { useLive } from "../live/live-store.ts";
import { useMap } from "../map/map-handle.ts";
import type { Scene } from "../map/scene.ts";
import type { ViewClock } from "../model/view-clock.ts";
import type { View } from "./view.ts";

/** What browser tests ask the page instead of comparing pictures. */
export interface TestHook {
  /** Ids of the nodes and cables that are drawn, dimmed ones too. */
  visibleIds(): readonly string[];
  selected(): ElementId | undefined;
  clock(): ViewClock;
  /** Nothing is being asked for, moving or fading. */
  idle(): boolean;
  /** Top left corner of every node on the map, in map units. */
  positions(): { readonly [id: string]: readonly [x: number, y: number] };
}

declare global {
  interface Window {
    __nephoscope?: TestHook | undefined;
  }
}

export function useTestHook(view: View, scene: Scene | undefined): void {
  const queries = useQueryClient();
  const latest = useRef({ view, scene });
  latest.current = { view, scene };
  useEffect(() => {
    window.__nephoscope = {
      visibleIds: () => idsOf(latest.current.scene),
      selected: () => latest.current.view.search.sel,
      clock: () => latest.current.view.clock,
      idle: () => {
        const { handle } = useMap.getState();
        const isConnected = useLive.getState().connection.kind !== "connecting";
        const { shown } = latest.current.view;
        const isSettled = shown.kind === "ready" ? !shown.busy : shown.kind === "failed";
        return isConnected && isSettled && queries.isFetching() === 0 && (handle?.isStill() ?? true);
      },
      positions: () => positionsOf(latest.current.scene),
    };
    return () => {
      window.__nephoscope = undefined;
    };
  }, [queries]);
}

function idsOf(scene: Scene | undefined): readonly string[] {
  if (scene === undefined) return [];
  const ids = [...scene.boxes, ...scene.items].map(({ element }): string => element);
  return [...new Set([...ids, ...scene.cables.map(({ id }) => id)])].sort();
}

function positionsOf(scene: Scene | undefined): { readonly [id: string]: readonly [number, number] } {
  if (scene === undefined) return {};
  const faces = [...scene.boxes.filter(({ place }) => place.part === 1), ...scene.items];
  return Object.fromEntries(faces.map(({ element, place }) => [element, [place.x, place.y] as const]));
}
