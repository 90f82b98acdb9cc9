import { OperatorError } from "../../core/errors.ts";
import { ask, linesOf } from "../http/ask.ts";

interface RestartsParts {
  readonly headers: { readonly [name: string]: string };
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

const MAX_LINE_BYTES = 64 * 1024;
/** In seconds since 1970, of any program of VictoriaMetrics. */
const STARTED = /^vm_app_start_timestamp (\d+)/;
/** Only who keeps samples tells how many bytes they are: vmauth and vminsert have a start of their own, which says nothing of the store's. */
const KEPT = 'vm_data_size_bytes{type="storage/';

/**
 * Tells whether a single node was started anew since it was asked before: then it may have lost what it had in memory only.
 * False where that cannot be known: nobody answers, or somebody else does.
 */
export function createRestartQuestion(metricsUrl: string, parts: RestartsParts): () => Promise<boolean> {
  // All that were seen, since an address may lead to two nodes by turns: each is new once.
  const starts = new Set<number>();
  return async () => {
    const start = await startTold(metricsUrl, parts);
    if (start === undefined || starts.has(start)) return false;
    starts.add(start);
    return starts.size > 1;
  };
}

async function startTold(url: string, { headers, timeoutMs, signal }: RestartsParts): Promise<number | undefined> {
  try {
    return await ask({ url, headers, timeoutMs, signal }, async (reply) => {
      if (reply.status !== 200) return undefined;
      let start: number | undefined;
      let isKeeper = false;
      for await (const line of linesOf(reply, MAX_LINE_BYTES)) {
        const seconds = STARTED.exec(line)?.[1];
        if (seconds !== undefined) start = Number(seconds);
        if (line.startsWith(KEPT)) isKeeper = true;
      }
      return isKeeper ? start : undefined;
    });
  } catch (thrown) {
    if (!(thrown instanceof OperatorError) && !signal.aborted) throw thrown;
    return undefined;
  }
}
