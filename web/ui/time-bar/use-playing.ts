import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { systemClock } from "../../../core/clock.ts";
import { changesQuery } from "../api/queries.ts";
import { serverNow } from "../app/server-clock.ts";
import type { View } from "../app/view.ts";
import { usePlay } from "./play-store.ts";
import { advance } from "./playback.ts";
import type { TimeActions } from "./time-actions.ts";
import { changeAfter } from "./track.ts";

/** The playhead is moved at most this often: more is not seen, and every move draws. */
const FRAME_MS = 40;

/** Moves the playhead while playing; what it reaches now, it goes on live. */
export function usePlaying(view: View, actions: TimeActions): void {
  const playing = usePlay((state) => state.playing);
  const { scope, window } = view;
  const { data: span } = useQuery({ ...changesQuery(scope, window.from, window.to), enabled: playing });
  const latest = useRef({ span, actions });
  latest.current = { span, actions };
  useEffect(() => {
    if (!playing) return;
    let before = systemClock.monotonicMs();
    const tick = (): void => {
      const elapsedMs = systemClock.monotonicMs() - before;
      before += elapsedMs;
      const { scrub, speed, skipQuiet } = usePlay.getState();
      if (scrub === undefined) return;
      const end = serverNow();
      const known = latest.current.span;
      const isKnown = skipQuiet && known !== undefined && known.from <= scrub && scrub <= known.to;
      const next = isKnown
        ? (changeAfter(known.changes, scrub) ?? (known.to < end - NEARLY_NOW_MS ? undefined : "none"))
        : undefined;
      const playhead = advance({ playhead: scrub, elapsedMs, speed, end, nextChange: next });
      if (playhead >= end) void latest.current.actions.goLive();
      else latest.current.actions.scrubTo(playhead);
    };
    const timer = setInterval(tick, FRAME_MS);
    return () => clearInterval(timer);
  }, [playing]);
}

const NEARLY_NOW_MS = 15_000;
