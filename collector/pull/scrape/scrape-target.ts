import { askedInVain } from "../asked.ts";
import type { Pulled } from "../pulled-target.ts";
import type { PageFetcher } from "./fetch-page.ts";
import type { ScrapeTarget } from "./target.ts";
import { TargetSeries } from "./target-series.ts";

/** A target that has its samples on a page. */
export function scrapedTarget(target: ScrapeTarget, fetcher: PageFetcher): Pulled {
  const { job, url, labels, key } = target;
  const series = new TargetSeries(target);
  return {
    key,
    about: {
      kind: "scrape",
      job: labels.job ?? job.job,
      instance: labels.instance ?? url.host,
      url: url.href,
      labels,
      intervalMs: job.intervalMs,
      timeoutMs: job.timeoutMs,
    },
    ask: async (at, lines, signal) => {
      const page = await fetcher.fetch(url, signal);
      if ("body" in page) return series.takePage(page, at, lines);
      series.endAll(at, lines);
      return askedInVain(page);
    },
    end: (at, lines) => series.endAll(at, lines),
  };
}
