import { type Static, Type } from "typebox";
import { EpochMsSchema } from "./topology.ts";

export const PlacesResponse = Type.Object({
  cluster: Type.String(),
  at: EpochMsSchema,
  /** Racks with hosts, by id, and `unplaced` for what has no known place. */
  places: Type.Array(
    Type.Object({
      id: Type.String(),
      counts: Type.Record(Type.String(), Type.Number(), {
        description: "nodes by kind; `down`: interfaces that should be up and are not; `silent`: agents",
      }),
    }),
  ),
});
export type PlacesResponse = Static<typeof PlacesResponse>;
