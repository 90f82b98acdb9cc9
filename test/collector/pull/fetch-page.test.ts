import { readFileSync, writeFileSync } from "node:fs";
import type { RequestListener } from "node:http";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import { createPageFetcher } from "../../../collector/pull/scrape/fetch-page.ts";
import type { ScrapeJob } from "../../../collector/pull/scrape/job.ts";
import { makeCertificate } from "../../integration/fixtures/certificate.ts";
import { temporaryFolder } from "../fixtures/temporary-folder.ts";
import { startExporter } from "./exporter.ts";
import { jobOf, targetAt } from "./scrape-site.ts";

async function fetched(address: string, settings: Partial<ScrapeJob> = {}, withinMs = 5_000) {
  const job = jobOf({ timeoutMs: withinMs, ...settings });
  const fetcher = createPageFetcher(job);
  onTestFinished(() => fetcher.close());
  const page = await fetcher.fetch(targetAt(address, job).url, AbortSignal.timeout(withinMs));
  return "body" in page ? { text: page.body.toString(), format: page.format } : page;
}

async function answered(answer: RequestListener, settings: Partial<ScrapeJob> = {}, withinMs?: number) {
  const exporter = await startExporter(answer);
  return fetched(exporter.address, settings, withinMs);
}

const limits = jobOf().limits;

test("a page is asked for in the text format and read as it comes or unpacked", async () => {
  const seen: unknown[] = [];
  const page = await answered((request, reply) => {
    seen.push(request.url, request.headers.accept, request.headers["x-prometheus-scrape-timeout-seconds"]);
    reply.setHeader("content-encoding", "gzip").end(gzipSync("m 1\n"));
  });
  expect(page).toEqual({ text: "m 1\n", format: "text" });
  expect(seen).toEqual(["/metrics", "text/plain;version=0.0.4;q=1,*/*;q=0.1", "5"]);
  expect(await answered((_, reply) => reply.end("m 1\n"))).toEqual({ text: "m 1\n", format: "text" });
});

test("an exporter that answers with OpenMetrics all the same is read as such", async () => {
  const type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
  const page = await answered((_, reply) => reply.setHeader("content-type", type).end("m 1 1.5\n# EOF\n"));
  expect(page).toMatchObject({ format: "openmetrics" });
});

test("a page larger than the limit is given up, also when only its gzip is small", async () => {
  const small = { limits: { ...limits, bodyBytes: 1_000 } };
  const problem = { reason: "the page is larger than 1000 bytes", hint: expect.stringContaining("max_page_megabytes") };
  expect(await answered((_, reply) => reply.end("m 1\n".repeat(1_000)), small)).toEqual(problem);
  const bomb = gzipSync("m 1\n".repeat(10_000));
  expect(bomb.length).toBeLessThan(1_000);
  expect(await answered((_, reply) => reply.setHeader("content-encoding", "gzip").end(bomb), small)).toEqual(problem);
});

describe("who asks proves who it is", () => {
  const authorization = async (credentials: ScrapeJob["credentials"]) => {
    const page = await answered((request, reply) => reply.end(request.headers.authorization), { credentials });
    return "text" in page ? page.text : page;
  };

  test("by name and password", async () => {
    const password = { kind: "text", text: "p:w" } as const;
    expect(await authorization({ kind: "basic", username: "u", password })).toBe(
      `Basic ${Buffer.from("u:p:w").toString("base64")}`,
    );
  });

  test("by a token in a file, read anew at each scrape", async () => {
    const path = join(temporaryFolder(), "token");
    const token = { kind: "file", path } as const;
    expect(await authorization({ kind: "bearer", token })).toMatchObject({ reason: /cannot read the secret/ });
    writeFileSync(path, "one\n");
    expect(await authorization({ kind: "bearer", token })).toBe("Bearer one");
    writeFileSync(path, "two\n");
    expect(await authorization({ kind: "bearer", token })).toBe("Bearer two");
  });
});

describe("what goes wrong is told with what to do", () => {
  test.each([
    [401, "set basic_auth or bearer_token_file of the job"],
    [404, "set path of the job to where the exporter has its page"],
    [302, "the page has moved: set the address and path it has moved to"],
    [500, "look at the exporter's own log"],
  ])("status %d", async (status, hint) => {
    expect(await answered((_, reply) => reply.writeHead(status).end())).toEqual({
      reason: `HTTP status ${status}`,
      hint,
      status,
    });
  });

  test("nobody listens", async () => {
    const exporter = await startExporter(() => {});
    await exporter.stop();
    const hint = "nothing listens there: start the exporter, or correct the address";
    expect(await fetched(exporter.address)).toMatchObject({ hint });
  });

  test("no answer, or half a page, in time", async () => {
    const late = { reason: "no page within 100 ms", hint: expect.stringContaining("timeout_seconds"), isTimeout: true };
    expect(await answered(() => {}, {}, 100)).toEqual(late);
    expect(await answered((_, reply) => reply.write("m 1\n"), {}, 100)).toEqual(late);
  });

  test("the exporter goes in the middle of a page", async () => {
    const page = await answered((request, reply) => {
      reply.setHeader("content-length", 100);
      reply.write("m 1\n", () => request.socket.destroy());
    });
    expect(page).toMatchObject({ reason: expect.any(String), hint: expect.any(String) });
  });

  test("what says it is gzip is none", async () => {
    const page = await answered((_, reply) => reply.setHeader("content-encoding", "gzip").end("m 1\n"));
    expect(page).toMatchObject({ reason: "the page is not valid gzip" });
  });
});

test("over TLS the exporter's certificate is verified, against the authority that is configured", async () => {
  const alternativeNames = "IP:127.0.0.1";
  const files = makeCertificate({ folder: temporaryFolder(), commonName: "exporter", alternativeNames });
  const [cert, key] = [readFileSync(files.cert, "utf8"), readFileSync(files.key, "utf8")];
  const exporter = await startExporter((_, reply) => reply.end("m 1\n"), { tls: { cert, key } });
  const https = { scheme: "https" } as const;
  expect(await fetched(exporter.address, https)).toMatchObject({ hint: expect.stringContaining("tls.ca_file") });
  expect(await fetched(exporter.address, { ...https, tls: { ca: cert, isUnverified: false } })).toMatchObject({
    text: "m 1\n",
  });
  expect(await fetched(exporter.address, { ...https, tls: { isUnverified: true } })).toMatchObject({ text: "m 1\n" });
});

test("a kept connection that the exporter closes just then is opened anew", async () => {
  const seen = new Set<unknown>();
  const exporter = await startExporter((request, reply) => {
    // As one does whose patience with an idle connection ends while the request is on its way.
    if (seen.has(request.socket)) return request.socket.destroy();
    seen.add(request.socket);
    return reply.end("m 1\n");
  });
  const job = jobOf();
  const fetcher = createPageFetcher(job);
  onTestFinished(() => fetcher.close());
  const { url } = targetAt(exporter.address, job);
  for (let scrape = 0; scrape < 3; scrape++) {
    expect(await fetcher.fetch(url, AbortSignal.timeout(5_000))).toMatchObject({ body: Buffer.from("m 1\n") });
  }
  expect(seen.size).toBe(3);
});
