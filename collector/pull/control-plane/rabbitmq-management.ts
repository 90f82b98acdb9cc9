import { parseJson } from "../../../core/json.ts";
import type { PullProblem } from "../problem.ts";
import type { Page, PageFetcher } from "../scrape/fetch-page.ts";
import { addNodes, addOverview, NODE_COLUMNS, QUEUE_COLUMNS, queuesOf, UnreadableReply } from "./management-replies.ts";
import { PageText } from "./page-text.ts";
import { addQueues, type QueueSelection, selectQueues } from "./queues.ts";

/**
 * RabbitMQ by its management API, for versions before 3.8, which have no plugin for Prometheus: a page with the plugin's names.
 * The user needs the tag `monitoring`. Source: RabbitMQ Management HTTP API, `/api/index.html` of the broker.
 */
export function rabbitmqManagement(replies: PageFetcher, selection: QueueSelection): PageFetcher {
  return {
    fetch: async (url, signal) => {
      const ask = async (path: string) => jsonOf(await replies.fetch(below(url, path), signal), path);
      const [overview, nodes, queues] = [
        await ask("overview"),
        await ask(`nodes?columns=${NODE_COLUMNS}`),
        await ask(`queues?columns=${QUEUE_COLUMNS}`),
      ];
      const failed = [overview, nodes, queues].find((reply) => "reason" in reply);
      if (failed !== undefined && "reason" in failed) return failed;
      return pageOf(
        [overview, nodes, queues].map((reply) => ("json" in reply ? reply.json : undefined)),
        selection,
      );
    },
    close: () => replies.close(),
  };
}

const below = (url: URL, path: string) => new URL(`${url.pathname.replace(/\/$/, "")}/${path}`, url);

function jsonOf(page: Page | PullProblem, path: string): { readonly json: unknown } | PullProblem {
  const [what] = path.split("?");
  if (!("body" in page)) return { ...page, reason: `${what}: ${page.reason}`, hint: hintOf(page, what === "queues") };
  return { json: parseJson(page.body.toString("utf8")) };
}

function hintOf({ status, hint, isTimeout }: PullProblem, isQueues: boolean): string {
  if (isTimeout === true && isQueues) return MANY_QUEUES;
  if (status === 401) return "set basic_auth to a user of RabbitMQ with the tag monitoring";
  return status === 404 ? "is rabbitmq_management enabled there, and the port right (15672)?" : hint;
}

const MANY_QUEUES =
  "a broker takes long to list tens of thousands of queues: give timeout_seconds: 30 and interval_seconds: 60, or use kind: rabbitmq from version 3.8 on";

function pageOf(replies: readonly unknown[], selection: QueueSelection): Page | PullProblem {
  const [overview, nodes, queues] = replies;
  const page = new PageText();
  try {
    addOverview(overview, page);
    addNodes(nodes, page);
    addQueues(selectQueues(queuesOf(queues), selection), page);
  } catch (error) {
    if (!(error instanceof UnreadableReply)) throw error;
    const hint = "does RabbitMQ's management API answer there? Look at /api/overview with curl";
    return { reason: `not the answer of a broker: ${error.message}`, hint };
  }
  return { body: Buffer.from(page.toString()), format: "text" };
}
