import { expect, onTestFinished, test } from "vitest";
import { eventually } from "../fixtures/eventually.ts";
import { startInfluxd } from "./fixtures/influxd.ts";
import { startNephoscope, temporaryFolder } from "./fixtures/nephoscope.ts";
import { startVictoriaMetrics } from "./fixtures/victoria-metrics.ts";

interface Store {
  readonly settings: readonly string[];
  kill(): Promise<void>;
  stop(): Promise<void>;
}

const stores: Readonly<Record<"influxdb" | "victoria-metrics", () => Promise<Store>>> = {
  influxdb: async () => {
    const server = await startInfluxd();
    await server.query("CREATE DATABASE seam");
    return { ...server, settings: [`influxdb.url=${server.url}`, "influxdb.version=1", "influxdb.database=seam"] };
  },
  "victoria-metrics": async () => {
    const server = await startVictoriaMetrics();
    return { ...server, settings: [`victoria_metrics.url=${server.url}`] };
  },
};

interface Answer {
  readonly data: { readonly result: readonly { readonly values: readonly (readonly [number, string])[] }[] };
  readonly warnings?: readonly string[];
}

const MINUTE_MS = 60_000;

test.each(["influxdb", "victoria-metrics"] as const)(
  "with %s a query over hours the head has forgotten has no seam; without it, it says what it lacks",
  async (name) => {
    const folder = temporaryFolder();
    const store = await stores[name]();
    const nephoscope = await startNephoscope({
      data: folder.path,
      settings: ["agent.enabled=false", "metrics.retention_hours=1", ...store.settings],
    });
    onTestFinished(async () => {
      await nephoscope.stop();
      await store.stop();
      folder.remove();
    });
    const now = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
    // One a minute: the older ones the head refuses, the newest are in both.
    const times = Array.from({ length: 300 }, (_, i) => now - (299 - i) * MINUTE_MS);
    const lines = times.map((at, i) => `seam,host=a v=${i}i ${at}`).join("\n");
    const written = await fetch(`${nephoscope.url}/write?precision=ms`, { method: "POST", body: lines });
    expect(written.status).toBe(204);
    const asked = async (fromMs: number): Promise<Answer> => {
      const range = { start: String(fromMs / 1_000), end: String(now / 1_000), step: "60", lookback_delta: "1m" };
      const parameters = new URLSearchParams({ query: "seam_v", ...range });
      return (await nephoscope.get(`/api/v1/query_range?${parameters}`)) as Answer;
    };
    const valuesOf = ({ data }: Answer) =>
      data.result.flatMap(({ values }) => values.map(([, value]) => Number(value)));
    const all = times.map((_, i) => i);
    const [first = 0] = times;
    const whole = await eventually(
      async () => {
        const answer = await asked(first);
        return valuesOf(answer).length === all.length && answer;
      },
      { withinMs: 30_000, what: "all samples" },
    );
    expect(valuesOf(whole)).toEqual(all);
    expect(whole).not.toHaveProperty("warnings");
    await store.kill();
    const partial = await asked(first);
    expect(partial.warnings).toEqual([expect.stringContaining("only the recent hours are answered")]);
    const recent = valuesOf(partial);
    expect(recent.length).toBeGreaterThan(59);
    expect(recent.length).toBeLessThan(121);
    expect(recent).toEqual(all.slice(-recent.length));
  },
);
