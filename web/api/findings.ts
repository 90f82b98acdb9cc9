import { type Static, Type } from "typebox";
import { AttributesSchema, EpochMsSchema } from "./topology.ts";

export const FindingSchema = Type.Object({
  /** `<invariant>/<subject>`. */
  id: Type.String(),
  invariant: Type.String({ description: "docs/invariants.md says what each means and how to mend it" }),
  elements: Type.Array(Type.String(), { description: "ids; the likeliest culprit first" }),
  level: Type.Union([Type.Literal("warning"), Type.Literal("critical")]),
  state: Type.Union([Type.Literal("settling"), Type.Literal("standing")]),
  /** The agent of a host it is about is silent: it is as it was known last. */
  unknown: Type.Boolean(),
  since: Type.Object({ revision: Type.Number({ description: "the revision that broke it" }), at: EpochMsSchema }),
  standing_at: Type.Optional(EpochMsSchema),
  ended_at: Type.Optional(EpochMsSchema),
  detail: AttributesSchema,
});
export type FindingSchema = Static<typeof FindingSchema>;

export const FindingsResponse = Type.Object({
  cluster: Type.String(),
  at: EpochMsSchema,
  /** Newest first. */
  findings: Type.Array(FindingSchema),
  /** More were found than `limit` lets through. */
  truncated: Type.Boolean(),
});
export type FindingsResponse = Static<typeof FindingsResponse>;
