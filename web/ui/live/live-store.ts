import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { create } from "zustand";
import { systemClock } from "../../../core/clock.ts";
import { incidentsQuery, type Scope } from "../api/queries.ts";
import { openFeed } from "./feed.ts";
import { type LiveState, NOT_CONNECTED } from "./live-state.ts";

export const useLive = create<LiveState>()(() => NOT_CONNECTED);

/** Keeps the live state of a scope for as long as it is mounted. */
export function useLiveFeed(scope: Scope, isWanted: boolean): void {
  const queries = useQueryClient();
  const { cluster, root } = scope;
  useEffect(() => {
    if (!isWanted) return;
    useLive.setState(NOT_CONNECTED);
    return openFeed({
      origin: location.origin,
      cluster,
      root,
      clock: systemClock,
      onState: (state) => useLive.setState(state),
      onIncidents: () => void queries.invalidateQueries({ queryKey: incidentsQuery.queryKey }),
    });
  }, [cluster, root, isWanted, queries]);
}
