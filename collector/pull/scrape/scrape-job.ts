import { setTimeout as delay } from "node:timers/promises";
import { createPages } from "../control-plane/page-origin.ts";
import { type PullDeps, type RunningTarget, startTarget } from "../pulled-target.ts";
import type { TargetStatus } from "../target-status.ts";
import type { PageFetcher } from "./fetch-page.ts";
import type { ScrapeJob } from "./job.ts";
import { scrapedTarget } from "./scrape-target.ts";
import { type ScrapeTarget, type TargetGroup, targetOf } from "./target.ts";
import { type FileProblem, TargetFiles } from "./target-files.ts";

/** Files are few and small: they are looked at this often. */
const FILES_EVERY_MS = 5_000;

/** The targets of one job, which come and go with its files. */
export class RunningJob {
  readonly #job: ScrapeJob;
  readonly #deps: PullDeps;
  readonly #fetcher: PageFetcher;
  readonly #files: TargetFiles;
  readonly #targets = new Map<string, RunningTarget>();
  readonly #stopped = new AbortController();
  readonly #filesEveryMs: number;
  #refused: readonly FileProblem[] = [];
  #watching: Promise<void> = Promise.resolve();

  constructor(job: ScrapeJob, deps: PullDeps, filesEveryMs = FILES_EVERY_MS) {
    this.#job = job;
    this.#deps = deps;
    this.#fetcher = createPages(job);
    this.#files = new TargetFiles(job.files);
    this.#filesEveryMs = filesEveryMs;
  }

  async start(): Promise<void> {
    await this.#look();
    if (this.#job.files.length > 0) this.#watching = this.#watch(this.#stopped.signal);
  }

  statuses(): readonly TargetStatus[] {
    return Array.from(this.#targets.values(), (target) => target.status());
  }

  /** Of its files, and of targets in them that cannot be. */
  problems(): readonly FileProblem[] {
    return [...this.#files.problems(), ...this.#refused];
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#watching;
    await Promise.all(Array.from(this.#targets.values(), (target) => target.stop(false)));
    this.#fetcher.close();
  }

  async #watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await delay(this.#filesEveryMs, undefined, { signal }).catch(() => undefined);
      if (!signal.aborted) await this.#look();
    }
  }

  async #look(): Promise<void> {
    const before = this.problems();
    const own = { targets: this.#job.targets, labels: this.#job.labels };
    const wanted = this.#wanted([own, ...(await this.#files.read())]);
    for (const { path, reason } of this.problems()) {
      if (before.some((known) => known.path === path && known.reason === reason)) continue;
      this.#deps.log.warn({ job: this.#job.job, path, reason }, "targets not read");
    }
    if (wanted === undefined) return;
    const gone = [...this.#targets].filter(([key]) => !wanted.has(key));
    for (const [key] of gone) this.#targets.delete(key);
    await Promise.all(gone.map(([, target]) => target.stop(true)));
    for (const [key, target] of wanted) {
      if (!this.#targets.has(key))
        this.#targets.set(key, startTarget(scrapedTarget(target, this.#fetcher), this.#deps));
    }
  }

  /** Undefined when there are more than may be: then all stays as it is. */
  #wanted(groups: readonly TargetGroup[]): ReadonlyMap<string, ScrapeTarget> | undefined {
    const wanted = new Map<string, ScrapeTarget>();
    const refused: FileProblem[] = [];
    for (const { targets, labels } of groups) {
      for (const address of targets) {
        const target = targetOf(this.#job, address, labels);
        if (typeof target === "string") refused.push({ path: this.#job.job, reason: target });
        else wanted.set(target.key, target);
      }
    }
    const most = this.#job.limits.targets;
    const isTooMany = wanted.size > most;
    if (isTooMany)
      refused.push({ path: this.#job.job, reason: `${wanted.size} targets, more than ${most}: max_targets` });
    this.#refused = refused;
    return isTooMany ? undefined : wanted;
  }
}
