import { Type } from "typebox";
import { type EpochMs, toRfc3339 } from "../../core/clock.ts";
import { PrometheusTarget } from "../api/targets.ts";
import type { HttpServer } from "./http.ts";

/** Something that is asked for samples again and again. */
export interface PulledTarget {
  readonly kind: PrometheusTarget["kind"];
  readonly job: string;
  readonly url: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly health: PrometheusTarget["health"];
  /** Undefined before the first round. */
  readonly last:
    | {
        readonly at: EpochMs;
        readonly durationMs: number;
        readonly samples: number;
        readonly problem: { readonly reason: string; readonly hint: string } | undefined;
      }
    | undefined;
}

const Reply = Type.Object({
  status: Type.Literal("success"),
  data: Type.Object({ activeTargets: Type.Array(PrometheusTarget), droppedTargets: Type.Array(Type.Unknown()) }),
});

/** Before anything was scraped Prometheus says this, Go's zero time. */
const NEVER = "0001-01-01T00:00:00Z";

/** What the collector asks, and how each of it is, in Prometheus' words. */
export function registerTargetRoutes(app: HttpServer, { targets }: { targets(): readonly PulledTarget[] }): void {
  app.get(
    "/api/v1/targets",
    {
      config: { access: "viewer" },
      schema: { tags: ["promql"], summary: "Targets that are scraped or asked by SNMP", response: { 200: Reply } },
    },
    async () => ({
      status: "success" as const,
      data: { activeTargets: targets().map(targetJson), droppedTargets: [] },
    }),
  );
}

function targetJson({ kind, job, url, labels, intervalMs, timeoutMs, health, last }: PulledTarget): PrometheusTarget {
  return {
    discoveredLabels: {},
    labels: { ...labels },
    scrapePool: job,
    scrapeUrl: url,
    globalUrl: url,
    lastError: last?.problem?.reason ?? "",
    lastScrape: last === undefined ? NEVER : toRfc3339(last.at),
    lastScrapeDuration: (last?.durationMs ?? 0) / 1_000,
    health,
    scrapeInterval: `${intervalMs / 1_000}s`,
    scrapeTimeout: `${timeoutMs / 1_000}s`,
    kind,
    lastSamples: last?.samples ?? 0,
    ...(last?.problem === undefined ? {} : { hint: last.problem.hint }),
  };
}
