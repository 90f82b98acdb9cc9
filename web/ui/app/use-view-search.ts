import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";
import type { ViewSearch } from "./view-search.ts";

export type Go = (change: Partial<ViewSearch>, options?: { readonly replace?: boolean }) => Promise<void>;

export function useViewSearch(): ViewSearch {
  return useSearch({ from: "__root__" });
}

/** Changes part of the address of the topology page. Each change can be undone with the browser's back button. */
export function useGo(): Go {
  const navigate = useNavigate();
  return useCallback(
    (change, options) => navigate({ to: "/", search: (previous) => ({ ...previous, ...change }), ...options }),
    [navigate],
  );
}
