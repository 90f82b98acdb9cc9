import { existsSync } from "node:fs";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import { OperatorError } from "../../core/errors.ts";
import type { HttpServer } from "./http.ts";

/** Paths of the page's own router; each is answered with the same document. */
const PAGE_PATHS = ["/", "/alerts", "/capacity", "/system"] as const;

/** Nothing inline, nothing from elsewhere. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "connect-src 'self' ws: wss:",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'self'",
].join("; ");

/** Serves the built page from `folder`. */
export async function registerPage(app: HttpServer, folder: string): Promise<void> {
  const document = "index.html";
  app.addHook("onSend", async (request, reply) => {
    reply.header("x-content-type-options", "nosniff").header("referrer-policy", "same-origin");
    if (!request.url.startsWith("/docs")) reply.header("content-security-policy", CONTENT_SECURITY_POLICY);
  });
  await app.register(fastifyStatic, {
    root: join(folder, "assets"),
    prefix: "/assets/",
    immutable: true,
    maxAge: "365d",
  });
  for (const path of PAGE_PATHS) {
    app.get(path, { config: { access: "public" }, schema: { hide: true } }, async (_request, reply) => {
      if (!existsSync(join(folder, document))) {
        throw new OperatorError({
          code: "page.not_built",
          message: "the page has not been built",
          hint: "run `npm run build`",
          status: 503,
        });
      }
      return reply.header("cache-control", "no-cache").sendFile(document, folder);
    });
  }
}
