import { isRecord } from "../../../core/json.ts";

export const TIMEOUT_MS = 10_000;

/** What a call that took longer than `TIMEOUT_MS` ends with. */
export function outOfTime(): Error {
  return new Error("no answer within 10 s");
}

/**
 * What went wrong on the way to Feishu. Messages of network errors may hold the address, and with it a token: only their
 * codes are told, which `fetch` hides in the cause.
 */
export function reasonOf(error: unknown, host: string): string {
  if (error instanceof Error && error.message === outOfTime().message) return error.message;
  const cause = error instanceof Error && isRecord(error.cause) ? error.cause : {};
  const own = isRecord(error) ? error.code : undefined;
  const code = [own, cause.code].find((one) => typeof one === "string") ?? "request failed";
  return `cannot reach ${host}: ${code}`;
}

/** Where secrets may go without TLS. */
export function isLoopback({ hostname }: URL): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
}

export function hintOfReach(host: string): string {
  return `check that this machine reaches ${host}, through a proxy if there is one`;
}
