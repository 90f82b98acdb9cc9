import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { isRecord } from "../../../core/json.ts";
import type { PageFormat } from "../exposition/page.ts";
import type { PullProblem } from "../problem.ts";
import { secretText } from "../secret.ts";
import { fetchProblem, statusProblem, timeoutProblem } from "./fetch-problem.ts";
import type { ScrapeJob } from "./job.ts";

export interface Page {
  readonly body: Buffer;
  readonly format: PageFormat;
}

const ACCEPT = "text/plain;version=0.0.4;q=1,*/*;q=0.1";
/** Exporters close what is idle; a connection is kept for the next scrape. */
const IDLE_SOCKETS = 2;

/** Gets pages of one job. */
export interface PageFetcher {
  fetch(url: URL, signal: AbortSignal): Promise<Page | PullProblem>;
  close(): void;
}

export function createPageFetcher(job: ScrapeJob): PageFetcher {
  const { ca, cert, key, serverName, isUnverified } = job.tls;
  const kept = { keepAlive: true, maxFreeSockets: IDLE_SOCKETS };
  const http = new HttpAgent(kept);
  const https = new HttpsAgent({ ...kept, ca, cert, key, servername: serverName, rejectUnauthorized: !isUnverified });
  const fetch = async (url: URL, signal: AbortSignal): Promise<Page | PullProblem> => {
    const authorization = await authorizationOf(job);
    if (typeof authorization === "object") return authorization;
    const headers = {
      accept: ACCEPT,
      "accept-encoding": "gzip",
      "user-agent": "Nephoscope",
      "x-prometheus-scrape-timeout-seconds": String(job.timeoutMs / 1_000),
      ...(authorization === undefined ? {} : { authorization }),
    };
    try {
      const agent = url.protocol === "https:" ? https : http;
      const reply = await replyTo(url, { agent, headers, signal });
      if (reply.statusCode !== 200) {
        // Nobody wants to know how long its body is.
        reply.destroy();
        return statusProblem(reply.statusCode ?? 0);
      }
      return await pageOf(reply, job.limits.bodyBytes);
    } catch (error) {
      return signal.aborted ? timeoutProblem(job.timeoutMs) : fetchProblem(error);
    }
  };
  return {
    fetch,
    close: () => {
      http.destroy();
      https.destroy();
    },
  };
}

interface Asking {
  readonly agent: HttpAgent;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

function replyTo(url: URL, asking: Asking): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = (url.protocol === "https:" ? httpsRequest : httpRequest)(url, { ...asking });
    request.once("response", resolve);
    request.once("error", (error) => {
      // The exporter closed the kept connection just as we used it again.
      const isClosedMeanwhile = request.reusedSocket && isRecord(error) && error.code === "ECONNRESET";
      if (isClosedMeanwhile && !asking.signal.aborted) replyTo(url, asking).then(resolve, reject);
      else reject(error);
    });
    request.end();
  });
}

async function pageOf(reply: IncomingMessage, mostBytes: number): Promise<Page | PullProblem> {
  const isGzip = /^(x-)?gzip$/i.test(reply.headers["content-encoding"] ?? "");
  const format = /^application\/openmetrics-text\b/i.test(reply.headers["content-type"] ?? "") ? "openmetrics" : "text";
  const unpacked = isGzip ? unzipped(reply) : reply;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of unpacked) {
    if (!Buffer.isBuffer(chunk)) throw new TypeError("a reply comes in buffers");
    bytes += chunk.length;
    if (bytes > mostBytes) {
      reply.destroy();
      return {
        reason: `the page is larger than ${mostBytes} bytes`,
        hint: "let the exporter say less, or raise max_page_megabytes of the job",
      };
    }
    chunks.push(chunk);
  }
  return { body: Buffer.concat(chunks), format };
}

function unzipped(reply: IncomingMessage): Readable {
  const gunzip = createGunzip();
  reply.once("error", (error) => gunzip.destroy(error));
  return reply.pipe(gunzip);
}

async function authorizationOf({ credentials }: ScrapeJob): Promise<string | undefined | PullProblem> {
  switch (credentials.kind) {
    case "none":
      return undefined;
    case "bearer": {
      const token = await secretText(credentials.token);
      return typeof token === "string" ? `Bearer ${token}` : token;
    }
    case "basic": {
      const password = await secretText(credentials.password);
      if (typeof password !== "string") return password;
      return `Basic ${Buffer.from(`${credentials.username}:${password}`).toString("base64")}`;
    }
  }
}
