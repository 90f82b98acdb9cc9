import type { ScrapeJob } from "../../../collector/pull/scrape/job.ts";
import { type ScrapeTarget, targetOf } from "../../../collector/pull/scrape/target.ts";

/** A job as the configuration makes it when nothing but its name is given. */
export function jobOf(settings: Partial<ScrapeJob> = {}): ScrapeJob {
  return {
    job: "node",
    cluster: "az-1",
    targets: [],
    labels: {},
    files: [],
    origin: { kind: "page" },
    scheme: "http",
    path: "/metrics",
    params: {},
    intervalMs: 15_000,
    timeoutMs: 10_000,
    honorLabels: false,
    honorTimestamps: true,
    names: { include: [], exclude: [] },
    limits: { bodyBytes: 1_000_000, samples: 1_000, labels: 60, labelValueCharacters: 2_048, targets: 100 },
    credentials: { kind: "none" },
    tls: { isUnverified: false },
    ...settings,
  };
}

export function targetAt(address: string, job: ScrapeJob, labels: ScrapeTarget["labels"] = {}): ScrapeTarget {
  const target = targetOf(job, address, labels);
  if (typeof target === "string") throw new Error(target);
  return target;
}
