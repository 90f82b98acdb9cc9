import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { SearchResponse } from "../../api/search.ts";
import { fetchJson } from "./client.ts";

const HITS = 8;
const FRESH_MS = 10_000;
/** One letter would find everything. */
export const SHORTEST_SEARCH = 2;

/** Elements anywhere in the installation, deleted ones too; nothing is asked before enough is typed. */
export const searchQuery = (typed: string) =>
  queryOptions({
    queryKey: ["search", typed],
    queryFn: async ({ signal }) => {
      const { hits } = await fetchJson(SearchResponse, "/api/v1/search", { params: { q: typed, limit: HITS }, signal });
      return hits;
    },
    enabled: typed.length >= SHORTEST_SEARCH,
    placeholderData: keepPreviousData,
    staleTime: FRESH_MS,
  });
