import rateLimit from "@fastify/rate-limit";
import { OperatorError } from "../../core/errors.ts";
import { NewSession } from "../api/status.ts";
import { type AccessCheck, TOKEN_COOKIE } from "./access.ts";
import type { HttpServer } from "./http.ts";

const TRIES_PER_MINUTE = 10;
const COOKIE_SECONDS = 30 * 24 * 3600;

const NO_CHANGE = { none: "a cookie of the caller's own browser is all that changes; the behaviour stream has it" };

/** Signing in on the page: the token moves into a cookie that scripts cannot read and other sites cannot send. */
export async function registerSessionRoutes(
  app: HttpServer,
  deps: { check: AccessCheck; tls: boolean },
): Promise<void> {
  const attributes = `Path=/; HttpOnly; SameSite=Strict${deps.tls ? "; Secure" : ""}`;
  await app.register(rateLimit, { global: false });
  app.post(
    "/api/v1/session",
    {
      config: {
        access: "public",
        operation: NO_CHANGE,
        rateLimit: { max: TRIES_PER_MINUTE, timeWindow: "1 minute" },
      },
      schema: { tags: ["access"], summary: "Sign in with a token", body: NewSession },
    },
    async (request, reply) => {
      const identity = deps.check.identifyToken(request.body.token);
      if (identity === undefined || identity.kind === "agent") {
        throw new OperatorError({
          code: "access.token_unknown",
          message: "nobody has this token",
          hint: "check that it was copied whole; an administrator makes tokens with `nephoscope token`",
          status: 401,
        });
      }
      reply.header("set-cookie", `${TOKEN_COOKIE}=${request.body.token}; Max-Age=${COOKIE_SECONDS}; ${attributes}`);
      return reply.code(204).send();
    },
  );
  app.delete(
    "/api/v1/session",
    { config: { access: "public", operation: NO_CHANGE }, schema: { tags: ["access"], summary: "Sign out" } },
    async (_request, reply) =>
      reply.header("set-cookie", `${TOKEN_COOKIE}=; Max-Age=0; ${attributes}`).code(204).send(),
  );
}
