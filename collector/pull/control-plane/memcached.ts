import { connect } from "node:net";
import type { PullProblem } from "../problem.ts";
import type { Page, PageFetcher } from "../scrape/fetch-page.ts";
import { fetchProblem, timeoutProblem } from "../scrape/fetch-problem.ts";
import { memcachedPage } from "./memcached-stats.ts";

/** Many times what any version says to `stats`. */
const MOST_BYTES = 64 * 1024;
/** Lines that end an answer; what a command it does not take is answered comes from between us, or is not memcached. */
const END = /(?:^|\r\n)(?:END|ERROR|CLIENT_ERROR[^\r\n]*|SERVER_ERROR[^\r\n]*)\r\n$/;
const DEFAULT_PORT = 11_211;

/** memcached by its own protocol (`stats`): a page with the names of its exporter. Connections with TLS or SASL are not made. */
export function memcachedPages(timeoutMs: number): PageFetcher {
  return {
    fetch: async (url, signal) => {
      try {
        const page = memcachedPage(await ask(url, signal));
        if (page === undefined) return notMemcached();
        return { body: Buffer.from(page), format: "text" } satisfies Page;
      } catch (error) {
        if (signal.aborted) return timeoutProblem(timeoutMs);
        return error instanceof TooLong ? notMemcached() : fetchProblem(error);
      }
    },
    close: () => undefined,
  };
}

class TooLong extends Error {}

function notMemcached(): PullProblem {
  return {
    reason: "the answer to `stats` is not memcached's",
    hint: "does memcached listen there, with its text protocol and without TLS and SASL? For others, scrape an exporter",
  };
}

/** A connection for each round: an idle one would be a client less for the services, and firewalls drop them. */
function ask(url: URL, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const host = url.hostname.replace(/^\[|\]$/g, "");
    const socket = connect({ host, port: url.port === "" ? DEFAULT_PORT : Number(url.port), signal });
    let answer = "";
    socket.setEncoding("latin1");
    socket.once("connect", () => socket.write("stats\r\n"));
    socket.on("data", (text) => {
      answer += String(text);
      if (answer.length > MOST_BYTES) socket.destroy(new TooLong());
      else if (END.test(answer)) socket.end("quit\r\n", () => socket.destroy());
    });
    socket.once("error", reject);
    socket.once("close", () => resolve(answer));
  });
}
