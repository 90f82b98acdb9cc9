import type { PullProblem } from "../problem.ts";
import type { Page, PageFetcher } from "../scrape/fetch-page.ts";
import { readDetailedQueues } from "./detailed-queues.ts";
import { PageText } from "./page-text.ts";
import { addQueues, type QueueSelection, selectQueues } from "./queues.ts";

const NOT_FOUND = 404;

/**
 * The page of RabbitMQ's plugin rabbitmq_prometheus, with its queues picked out of a second one, so that what is kept does not
 * grow with the number of queues.
 */
export function rabbitmqPages(pages: PageFetcher, selection: QueueSelection): PageFetcher {
  return {
    fetch: async (url, signal) => {
      const totals = await pages.fetch(url, signal);
      if (!("body" in totals)) return totals;
      const detailed = await fetchQueues(pages, url, signal);
      if (!("body" in detailed)) return { ...detailed, reason: `its queues: ${detailed.reason}` };
      const queues = await readDetailedQueues(detailed.body);
      if (!isList(queues)) return queues;
      const told = new PageText();
      addQueues(selectQueues(queues, selection), told);
      return { body: Buffer.concat([totals.body, Buffer.from(`\n${told}`)]), format: totals.format };
    },
    close: () => pages.close(),
  };
}

async function fetchQueues(pages: PageFetcher, url: URL, signal: AbortSignal): Promise<Page | PullProblem> {
  const below = (path: string) => new URL(`${url.pathname.replace(/\/$/, "")}/${path}`, url);
  const detailed = below("detailed");
  for (const family of ["queue_coarse_metrics", "queue_consumer_count"]) detailed.searchParams.append("family", family);
  const page = await pages.fetch(detailed, signal);
  // Before 3.10 there is only the page with everything of everything.
  return "body" in page || page.status !== NOT_FOUND ? page : pages.fetch(below("per-object"), signal);
}

function isList<T>(value: readonly T[] | PullProblem): value is readonly T[] {
  return Array.isArray(value);
}
