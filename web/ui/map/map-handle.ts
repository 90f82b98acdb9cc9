import { create } from "zustand";
import type { ElementId } from "../../../core/element-id.ts";

/** What other panels may ask of the map on the screen. */
export interface MapHandle {
  fit(): void;
  zoomBy(factor: number): void;
  flyTo(id: ElementId): void;
  focus(): void;
  /** Nothing is moving or fading. */
  isStill(): boolean;
}

export interface MapState {
  readonly handle: MapHandle | undefined;
  /** The element the keyboard is on. */
  readonly active: ElementId | undefined;
  readonly query: string;
  readonly legendIsOpen: boolean;
}

export const useMap = create<MapState>()(() => ({
  handle: undefined,
  active: undefined,
  query: "",
  legendIsOpen: false,
}));
