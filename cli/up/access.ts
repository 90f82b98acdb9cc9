import { createHash, randomBytes } from "node:crypto";
import { type AccessCheck, createAccessCheck } from "../../web/server/access.ts";
import type { Config } from "../config/schema.ts";

/** The access check of the configuration, and the token that the agent of this very process uses. */
export function accessOf(
  config: Config,
  ownHost: string,
): { readonly check: AccessCheck; readonly ownAgentToken?: string } {
  const { people, agents } = config.access;
  if (people.length + agents.length === 0) return { check: createAccessCheck({ people, agents }) };
  const ownAgentToken = randomBytes(32).toString("base64url");
  const hash = createHash("sha256").update(ownAgentToken).digest("hex");
  const own = { name: "own agent", hosts: [ownHost], token_sha256: hash };
  return { check: createAccessCheck({ people, agents: [...agents, own] }), ownAgentToken };
}
