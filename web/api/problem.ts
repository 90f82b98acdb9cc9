import { type Static, Type } from "typebox";

/** RFC 9457, media type `application/problem+json`: every error of the API. */
export const Problem = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Number(),
  code: Type.String(),
  detail: Type.String(),
  hint: Type.String(),
  trace_id: Type.Optional(Type.String()),
});
export type Problem = Static<typeof Problem>;
