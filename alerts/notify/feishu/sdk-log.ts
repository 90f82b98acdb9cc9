import type { Log } from "../../../core/log.ts";
import { redactSecrets } from "../../../core/redact-secrets.ts";

/** As the SDK calls its logger: one argument, a list of whatever. */
export interface SdkLogger {
  error(...message: unknown[]): void;
  warn(...message: unknown[]): void;
  info(...message: unknown[]): void;
  debug(...message: unknown[]): void;
  trace(...message: unknown[]): void;
}

const LONGEST = 300;

/**
 * The SDK logs whole requests, with the app's secret and its tokens, when they fail. Only texts and the messages of errors come through
 * here, never objects; without `secrets`, without what stands where secrets usually stand, and without the queries of addresses.
 */
export function createSdkLogger(
  log: Log,
  options: { readonly secrets: readonly string[]; readonly heardError?: (detail: string) => void },
): SdkLogger {
  const say = (message: readonly unknown[]) => redact(textsIn(message).join(" "), options.secrets);
  return {
    error: (...message) => {
      const detail = say(message);
      log.warn({ detail }, "Feishu SDK");
      options.heardError?.(detail);
    },
    warn: (...message) => log.warn({ detail: say(message) }, "Feishu SDK"),
    info: (...message) => log.debug({ detail: say(message) }, "Feishu SDK"),
    // Here it tells what it received, and addresses with tickets in them.
    debug: () => {},
    trace: () => {},
  };
}

export function redact(text: string, secrets: readonly string[]): string {
  let told = text;
  for (const secret of secrets) if (secret !== "") told = told.replaceAll(secret, "***");
  return redactSecrets(told)
    .replace(/\b((?:https?|wss?):\/\/[^\s?"']{1,300})\?[^\s"']*/g, "$1?***")
    .replace(/\b[tuac]-[\w.-]{8,}/g, "***")
    .slice(0, LONGEST);
}

function textsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(textsIn);
  if (value instanceof Error) return [value.message];
  return typeof value === "string" || typeof value === "number" ? [String(value)] : [];
}
