import { type Static, Type } from "typebox";
import { EpochMsSchema } from "./topology.ts";

export const ImportResponse = Type.Object({
  cluster: Type.String(),
  from: EpochMsSchema,
  to: EpochMsSchema,
  elements: Type.Number({ description: "at the beginning of the span" }),
  revisions: Type.Number(),
  snapshots: Type.Number(),
});
export type ImportResponse = Static<typeof ImportResponse>;
