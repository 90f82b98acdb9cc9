import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { SeriesSource } from "../../../promql/source.ts";
import type { HttpServer } from "../../../web/server/http.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { serve } from "./prometheus-site.ts";

async function get(path: string, parameters: Record<string, string>, app: HttpServer) {
  const reply = await app.inject({ url: `${path}?${new URLSearchParams(parameters)}` });
  return { status: reply.statusCode, body: reply.json() };
}

/** A source that answers only when told to, and counts who is waiting. */
function heldSource() {
  const held: (() => void)[] = [];
  const signals: (AbortSignal | undefined)[] = [];
  const source: SeriesSource = {
    select: ({ signal }) => {
      signals.push(signal);
      return new Promise((resolve) => held.push(() => resolve([])));
    },
  };
  return { source, held, signals };
}

/** Time-outs pass only by `vi.advanceTimersByTime`: a query is known to be held before its time is up. */
function holdTimeouts(): void {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
}

describe("queries are bounded", () => {
  test("one runs, one waits, the next is refused with 503", async () => {
    const { source, held } = heldSource();
    const app = await serve({ source, limits: { runningQueries: 1, waitingQueries: 1 } });
    const first = get("/api/v1/query", { query: "a" }, app);
    await eventually(() => held.length === 1);
    const others = [get("/api/v1/query", { query: "b" }, app), get("/api/v1/query", { query: "c" }, app)];
    expect(await Promise.race(others)).toMatchObject({
      status: 503,
      body: { errorType: "unavailable", error: "1 queries are running and 1 are waiting" },
    });
    expect(held).toHaveLength(1);
    held[0]?.();
    expect((await first).status).toBe(200);
    await eventually(() => held.length === 2);
    held[1]?.();
    expect((await Promise.all(others)).map(({ status }) => status).sort()).toEqual([200, 503]);
  });

  test("the timeout parameter ends a query with 503, and its place is free once the store has answered", async () => {
    const { source, held, signals } = heldSource();
    const app = await serve({ source, limits: { runningQueries: 1, waitingQueries: 1 } });
    holdTimeouts();
    const first = get("/api/v1/query", { query: "a", timeout: "20ms" }, app);
    await eventually(() => held.length === 1);
    vi.advanceTimersByTime(19);
    expect(signals[0]?.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(await first).toMatchObject({
      status: 503,
      body: { errorType: "timeout", error: "query timed out after 0.02 s" },
    });
    expect(signals[0]?.aborted).toBe(true);
    // Its place is still taken: the next one times out without ever reaching the store.
    const second = get("/api/v1/query", { query: "b", timeout: "20ms" }, app);
    await eventually(() => vi.getTimerCount() === 1);
    vi.advanceTimersByTime(20);
    expect((await second).status).toBe(503);
    expect(held).toHaveLength(1);
    held[0]?.();
    const third = get("/api/v1/query", { query: "c" }, app);
    await eventually(() => held.length === 2);
    held[1]?.();
    expect((await third).status).toBe(200);
  });

  test("the server's own time-out counts when it is smaller, also while waiting", async () => {
    const { source, held } = heldSource();
    const app = await serve({ source, limits: { runningQueries: 1, waitingQueries: 1, queryTimeoutMs: 30 } });
    holdTimeouts();
    const asked = [get("/api/v1/query", { query: "a", timeout: "1h" }, app), get("/api/v1/query", { query: "b" }, app)];
    await eventually(() => held.length === 1 && vi.getTimerCount() === 2);
    vi.advanceTimersByTime(30);
    const answers = await Promise.all(asked);
    expect(answers.map(({ body }) => body.errorType)).toEqual(["timeout", "timeout"]);
    expect(held).toHaveLength(1);
  });

  test("series and samples of a query have a most, which is no fault of the server", async () => {
    const app = await serve({ limits: { maxSeries: 2, maxSamples: 40 } });
    const refused = [
      ["/api/v1/query", { query: '{__name__=~".+"}' }, "matches 3 series, more than 2"],
      [
        "/api/v1/query",
        { query: "sum_over_time(net_if_rx_bytes[10m])+sum_over_time(net_if_rx_bytes[9m])" },
        "too many samples",
      ],
      ["/api/v1/series", { "match[]": '{__name__=~".+"}' }, "more than 2 series match"],
    ] as const;
    for (const [path, parameters, error] of refused) {
      expect(await get(path, parameters, app)).toMatchObject({
        status: 422,
        body: { errorType: "execution", error: expect.stringContaining(error) },
      });
    }
    expect((await get("/api/v1/query", { query: "sum(net_if_rx_bytes)" }, app)).status).toBe(200);
  });

  test("a query that only computes ends when its time is up", async () => {
    const app = await serve({ limits: { maxPointsPerSeries: 200_000 } });
    const query = "sum_over_time((sum_over_time((time())[1d:1m]))[1d:1m])".replace("time()", "vector(time())");
    const begin = performance.now();
    const asked = get("/api/v1/query_range", { query, start: "0", end: "100000", step: "1", timeout: "50ms" }, app);
    expect(await asked).toMatchObject({ status: 503, body: { errorType: "timeout" } });
    // Computing all of it takes many times as long.
    expect(performance.now() - begin).toBeLessThan(5_000);
  });

  test("a query ends when its client goes away", async () => {
    const { source, signals } = heldSource();
    const app = await serve({ source });
    const address = await app.listen({ host: "127.0.0.1", port: 0 });
    const client = new AbortController();
    const asked = fetch(`${address}/api/v1/query?query=a`, { signal: client.signal });
    await eventually(() => signals.length === 1);
    expect(signals[0]?.aborted).toBe(false);
    client.abort();
    await expect(asked).rejects.toThrow();
    await eventually(() => signals[0]?.aborted === true);
  });
});
