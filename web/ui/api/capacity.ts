import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import {
  CapacityHistoryResponse,
  CapacityPeaksResponse,
  CapacityResponse,
  type CapacityScope,
  CapacitySubnetsResponse,
  type CapacityThing,
} from "../../api/capacity.ts";
import { fetchJson, type Params } from "./client.ts";

/** The sync comes every few minutes. */
const AGAIN_MS = 120_000;
const LIMIT = 100;
/** As many as the server tells of: who is busy together shows among many only. */
const MOST_HOSTS = 20;

export interface CapacityAsked {
  readonly cluster: string | undefined;
  readonly resource: string | undefined;
  /** Undefined: clusters, regions and zones. */
  readonly scope: CapacityScope | undefined;
}

export const capacityQuery = (asked: CapacityAsked) =>
  queryOptions({
    queryKey: ["capacity", asked],
    queryFn: ({ signal }) =>
      fetchJson(CapacityResponse, "/api/v1/capacity", { params: { ...asked, limit: LIMIT }, signal }),
    refetchInterval: AGAIN_MS,
    placeholderData: keepPreviousData,
  });

/** Of the fullest things, or of one. */
export const capacityHistoryQuery = (asked: CapacityAsked | CapacityThing, limit: number) =>
  queryOptions({
    queryKey: ["capacity-history", asked, limit],
    queryFn: ({ signal }) => {
      const params: Params = { ...asked, subnet: undefined, cidr: undefined, limit };
      return fetchJson(CapacityHistoryResponse, "/api/v1/capacity/history", { params, signal });
    },
    staleTime: AGAIN_MS,
    refetchInterval: AGAIN_MS,
  });

export const capacitySubnetsQuery = (cluster: string | undefined) =>
  queryOptions({
    queryKey: ["capacity-subnets", cluster],
    queryFn: ({ signal }) =>
      fetchJson(CapacitySubnetsResponse, "/api/v1/capacity/subnets", { params: { cluster }, signal }),
    refetchInterval: AGAIN_MS,
  });

export const capacityPeaksQuery = (asked: {
  readonly cluster: string | undefined;
  readonly host: string | undefined;
}) =>
  queryOptions({
    queryKey: ["capacity-peaks", asked],
    queryFn: ({ signal }) => {
      const offset = -new Date(0).getTimezoneOffset();
      const params = { ...asked, offset_minutes: offset, limit: MOST_HOSTS };
      return fetchJson(CapacityPeaksResponse, "/api/v1/capacity/peaks", { params, signal });
    },
    staleTime: AGAIN_MS,
    placeholderData: keepPreviousData,
  });
