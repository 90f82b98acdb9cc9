import { create } from "zustand";
import type { EpochMs } from "../../../core/clock.ts";
import type { Speed } from "./playback.ts";

/** Where the playhead is while it is dragged or plays; the address bar learns of it when it comes to rest. */
export interface PlayState {
  readonly scrub: EpochMs | undefined;
  readonly playing: boolean;
  readonly speed: Speed;
  readonly skipQuiet: boolean;
}

export const usePlay = create<PlayState>()(() => ({ scrub: undefined, playing: false, speed: 60, skipQuiet: true }));
