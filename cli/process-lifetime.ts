import { Lifetime } from "../core/lifetime.ts";
import type { Log } from "../core/log.ts";

const STOP_WITHIN_MS = 15_000;

/**
 * The lifetime of this process: SIGINT and SIGTERM end it and what was started in it stops in turn. A second signal, or
 * a stop that takes too long, ends the process at once: what was acknowledged is durable either way.
 */
export function processLifetime(log: Log): { readonly lifetime: Lifetime; readonly ended: Promise<void> } {
  const lifetime = new Lifetime();
  const ended = new Promise<void>((resolve, reject) => {
    const stop = (signal: NodeJS.Signals): void => {
      if (lifetime.isOver) process.exit(130);
      log.info({ signal }, "stopping");
      const timer = setTimeout(() => {
        log.error({ withinMs: STOP_WITHIN_MS }, "stopping took too long");
        process.exit(1);
      }, STOP_WITHIN_MS);
      timer.unref();
      lifetime.end().then(resolve, reject);
    };
    process.on("SIGINT", stop);
    process.on("SIGTERM", stop);
  });
  return { lifetime, ended };
}
