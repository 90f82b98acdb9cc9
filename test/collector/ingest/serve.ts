import { gunzipSync } from "node:zlib";
import type { FastifyRequest } from "fastify";
import { onTestFinished } from "vitest";
import { RecentSequences } from "../../../collector/ingest/recent-sequences.ts";
import { type IngestLimits, registerIngest } from "../../../collector/ingest/routes.ts";
import type { TurnLimits } from "../../../collector/ingest/turns.ts";
import { BodyWriter } from "../../../collector/ingest/write-body.ts";
import { SeriesKeys } from "../../../collector/line-protocol/series-keys.ts";
import type { FrameHeader } from "../../../collector/spool/frame.ts";
import type { AppendOutcome } from "../../../collector/spool/spool.ts";
import type { Identity } from "../../../core/access.ts";
import { epochMsOf, systemClock } from "../../../core/clock.ts";
import { silentLog } from "../../../core/log.ts";
import { type AccessCheck, registerAccess } from "../../../web/server/access.ts";
import { createHttpServer, type HttpServer } from "../../../web/server/http.ts";

export const NOW = epochMsOf(1_790_000_000_000);

/** A spool in memory whose answer a test decides. */
export class MemorySpool {
  readonly frames: { readonly header: FrameHeader; readonly body: string }[] = [];
  answer: () => Promise<AppendOutcome> = async () => ({ kind: "durable", position: { segment: 1, offset: 8 } });

  async append(header: FrameHeader, body: Buffer): Promise<AppendOutcome> {
    const outcome = await this.answer();
    const text = header.encoding === "gzip" ? gunzipSync(body).toString() : body.toString();
    if (outcome.kind === "durable") this.frames.push({ header, body: text });
    return outcome;
  }
}

interface Options {
  readonly identity?: Identity | undefined;
  readonly limits?: IngestLimits;
  readonly maxInflatedBytes?: number;
  readonly inflations?: TurnLimits;
  /** Who may write, in place of `identity`. */
  readonly access?: AccessCheck;
}

export async function serve(
  options: Options = {},
): Promise<{ app: HttpServer; spool: MemorySpool; writer: BodyWriter }> {
  const app = await createHttpServer({ version: "0.0.0-test", log: silentLog });
  onTestFinished(() => app.close());
  const spool = new MemorySpool();
  const writer = new BodyWriter({
    spool,
    clock: { ...systemClock, now: () => NOW },
    cluster: "c1",
    recent: new RecentSequences(),
    keys: new SeriesKeys(),
    maxInflatedBytes: options.maxInflatedBytes ?? 1_000_000,
    inflations: options.inflations,
  });
  const identity = "identity" in options ? options.identity : ({ kind: "loopback" } as const);
  if (options.access !== undefined) registerAccess(app, options.access);
  const identityOf = (request: FastifyRequest): Identity | undefined =>
    options.access === undefined ? identity : request.identity;
  registerIngest(app, { writer, identityOf, limits: options.limits });
  await app.ready();
  return { app, spool, writer };
}

export const write = (
  app: HttpServer,
  payload: string | Buffer,
  headers: Record<string, string> = {},
  url = "/api/v2/write?precision=ms",
) => app.inject({ method: "POST", url, payload, headers });

export const GOOD = "cpu,host=a user=1 1790000000";
export const ALSO_GOOD = "cpu,host=b user=2 1790000000";
