import { type Static, Type } from "typebox";
import { EpochMsSchema } from "./topology.ts";

const RoleSchema = Type.Union([Type.Literal("viewer"), Type.Literal("operator"), Type.Literal("admin")]);

/** `GET /api/v1/status`: what the page needs to know about this installation and about who is looking. */
export const StatusResponse = Type.Object({
  version: Type.String(),
  now: EpochMsSchema,
  clusters: Type.Array(Type.String()),
  access: Type.Object({
    /** `loopback`: no tokens configured, whoever is on the machine is admin. */
    mode: Type.Union([Type.Literal("loopback"), Type.Literal("tokens")]),
    /** Absent when tokens are required and none was given. */
    role: Type.Optional(RoleSchema),
    name: Type.Optional(Type.String()),
  }),
  agents: Type.Array(
    Type.Object({
      host: Type.String(),
      cluster: Type.String(),
      session: Type.Union([Type.Literal("connected"), Type.Literal("silent")]),
      since: EpochMsSchema,
      clock_offset_ms: Type.Number(),
      version: Type.String(),
      /** Of a silent one: what its neighbours say. */
      verdict: Type.Optional(
        Type.Union([
          Type.Literal("host_down"),
          Type.Literal("agent_down"),
          Type.Literal("cut_off"),
          Type.Literal("unknown"),
        ]),
      ),
    }),
  ),
  /** Parts that can be well or not: stores, spool, receivers. */
  parts: Type.Array(
    Type.Object({
      name: Type.String(),
      state: Type.Union([Type.Literal("ok"), Type.Literal("degraded"), Type.Literal("down"), Type.Literal("off")]),
      /** One line for people. */
      detail: Type.String(),
      hint: Type.Optional(Type.String()),
    }),
  ),
});
export type StatusResponse = Static<typeof StatusResponse>;

export const NewSession = Type.Object({ token: Type.String({ maxLength: 200 }) }, { additionalProperties: false });
