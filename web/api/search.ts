import { type Static, Type } from "typebox";
import { EpochMsSchema } from "./topology.ts";

export const SearchHit = Type.Object({
  cluster: Type.String(),
  id: Type.String(),
  kind: Type.String(),
  name: Type.Optional(Type.String()),
  host: Type.Optional(Type.String()),
  /**
   * `present`: it is there, at the moment asked for. `deleted`: it is not there any more. `changed`: it is there and no
   * longer has what was searched for.
   */
  state: Type.Union([Type.Literal("present"), Type.Literal("deleted"), Type.Literal("changed")]),
  /** When it last came to be; known of what is deleted only. */
  since: Type.Optional(EpochMsSchema),
  /** Until when it had what was searched for. */
  until: Type.Optional(EpochMsSchema),
  match: Type.Object({
    /** `id`, `mac`, `ip`, `uuid`, `vlan`, `vni`, `name`, `network` or `name prefix`. */
    what: Type.String(),
    /** `name`, `id` or an attribute such as `attributes.mac`; absent when only the history remembers. */
    key: Type.Optional(Type.String()),
    value: Type.String(),
  }),
});
export type SearchHit = Static<typeof SearchHit>;

export const SearchResponse = Type.Object({
  /** Best first: identifiers, then names, then networks, then beginnings of names. */
  hits: Type.Array(SearchHit),
  /** Whether there are more than `limit`. */
  has_more: Type.Boolean(),
});
export type SearchResponse = Static<typeof SearchResponse>;
