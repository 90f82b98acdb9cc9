import { createPageFetcher, type PageFetcher } from "../scrape/fetch-page.ts";
import type { ScrapeJob } from "../scrape/job.ts";
import { memcachedPages } from "./memcached.ts";
import type { QueueSelection } from "./queues.ts";
import { rabbitmqManagement } from "./rabbitmq-management.ts";
import { rabbitmqPages } from "./rabbitmq-pages.ts";

/** Where the page of a target comes from: it has one, or one is made of what it says in its own way. */
export type PageOrigin =
  | { readonly kind: "page" }
  | { readonly kind: "rabbitmq"; readonly queues: QueueSelection }
  | { readonly kind: "rabbitmq-management"; readonly queues: QueueSelection }
  | { readonly kind: "memcached" };

export function createPages(job: ScrapeJob): PageFetcher {
  switch (job.origin.kind) {
    case "page":
      return createPageFetcher(job);
    case "rabbitmq":
      return rabbitmqPages(createPageFetcher(job), job.origin.queues);
    case "rabbitmq-management":
      return rabbitmqManagement(createPageFetcher(job), job.origin.queues);
    case "memcached":
      return memcachedPages(job.timeoutMs);
  }
}
