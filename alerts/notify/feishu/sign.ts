import { createHmac } from "node:crypto";
import type { EpochMs } from "../../../core/clock.ts";

/** Feishu's unit of time. */
export function secondsOf(at: EpochMs): string {
  return String(Math.floor(at / 1_000));
}

/**
 * Signature of a custom bot's request: the secret is part of the key, the message is empty.
 * Source: open.feishu.cn, "Custom bot usage guide", signature verification.
 */
export function signFeishu(timestampSeconds: string, secret: string): string {
  return createHmac("sha256", `${timestampSeconds}\n${secret}`).update("").digest("base64");
}
