import { useQueryClient } from "@tanstack/react-query";
import type { EpochMs } from "../../../core/clock.ts";
import { problemFrom } from "../api/client.ts";
import { adjacentChangeQuery } from "../api/queries.ts";
import { exactMoment } from "../app/exact-moment.ts";
import { useNotice } from "../app/notice.ts";
import { serverNow } from "../app/server-clock.ts";
import type { View } from "../app/view.ts";
import { LIVE } from "../app/view-search.ts";
import { instant } from "../model/view-clock.ts";
import { useTexts } from "../text/texts.tsx";
import { usePlay } from "./play-store.ts";

export interface TimeActions {
  /** Shows a past moment; from now on, live. */
  goTo(at: EpochMs): Promise<void>;
  goLive(): Promise<void>;
  /** Moves the playhead without telling the address bar, until `settle`. */
  scrubTo(at: EpochMs): void;
  settle(): Promise<void>;
  togglePlay(): Promise<void>;
  /** Goes to the previous or next change of the open host. */
  step(direction: "previous" | "next"): Promise<void>;
  /** At the moment shown, unless another one is given. */
  pin(pin: "a" | "b", at?: EpochMs): Promise<void>;
  compare(a: EpochMs, b: EpochMs): Promise<void>;
  /** Back to the later of the two moments. */
  leaveDifference(): Promise<void>;
}

export function useTimeActions(view: View): TimeActions {
  const queries = useQueryClient();
  const { timeBar } = useTexts();
  const { go, search, window, clock, hostScope } = view;
  const end = clock.kind === "live" ? window.to : search.end;
  const stopPlaying = (): void => usePlay.setState({ playing: false, scrub: undefined });
  const goLive = async (): Promise<void> => {
    await go(LIVE);
    stopPlaying();
  };
  const goTo = async (at: EpochMs): Promise<void> => {
    if (at >= serverNow()) return goLive();
    await go({ at, end, b: undefined, only: undefined });
    stopPlaying();
  };
  const settle = async (): Promise<void> => {
    const { scrub } = usePlay.getState();
    if (scrub === undefined) stopPlaying();
    else await goTo(scrub);
  };
  return {
    goLive,
    goTo,
    settle,
    scrubTo: (at) => usePlay.setState({ scrub: at }),
    togglePlay: async () => {
      if (usePlay.getState().playing) return settle();
      const from = clock.kind === "past" ? clock.at : clock.kind === "diff" ? clock.a : window.from;
      await go({ at: from, end, b: undefined, only: undefined });
      usePlay.setState({ playing: true, scrub: from });
    },
    step: async (direction) => {
      const query = adjacentChangeQuery(hostScope, exactMoment(view), direction);
      const at = await queries.fetchQuery(query).catch((error: unknown) => {
        useNotice.setState({ text: problemFrom(error).detail });
      });
      if (at === undefined) return;
      if (at !== null) await goTo(at);
      else useNotice.setState({ text: direction === "previous" ? timeBar.noEarlier : timeBar.noLater });
    },
    pin: async (pin, at = exactMoment(view)) => {
      await go({ [pin]: at, end });
      stopPlaying();
    },
    compare: async (a, b) => {
      await go({ a, b, at: undefined, end });
      stopPlaying();
    },
    leaveDifference: async () => {
      if (clock.kind !== "diff") return;
      const isNow = serverNow() - clock.b < NEARLY_NOW_MS;
      await go(isNow ? LIVE : { at: instant(clock.b), a: undefined, b: undefined, only: undefined });
    },
  };
}

const NEARLY_NOW_MS = 120_000;
