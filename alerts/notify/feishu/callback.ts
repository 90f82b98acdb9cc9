import { createDecipheriv, createHash, timingSafeEqual } from "node:crypto";
import type { EpochMs } from "../../../core/clock.ts";
import { OperatorError } from "../../../core/errors.ts";
import { isRecord, parseJson } from "../../../core/json.ts";
import { CallbackMemory } from "./callback-memory.ts";
import { CARD_ACTION_EVENT, type CardAction, parseCardAction } from "./card-action.ts";

/**
 * The callbacks of a Feishu app by HTTP, as a function over what came: nothing is read, answered or run here. Not the
 * SDK's receiver: that one signs what it parsed instead of the bytes, takes requests of any age, never looks at the
 * verification token, and answers what it refuses with 200. Source: open.feishu.cn, "Receive callbacks", "Encrypt Key".
 */
export interface CallbackReceiver {
  receive(request: CallbackRequest, now: EpochMs): CallbackVerdict;
}

export interface CallbackRequest {
  /** Names in lower case. */
  readonly headers: { readonly [name: string]: string | readonly string[] | undefined };
  /** As it came: a signature is over bytes. */
  readonly body: Uint8Array;
}

export type CallbackVerdict =
  /** The console asks whether the address is ours: answer 200 with this. */
  | { readonly kind: "challenge"; readonly answer: { readonly challenge: string } }
  | { readonly kind: "card_action"; readonly action: CardAction }
  /** Told before under the same id, or nothing we asked for: answer 200 with `{}` and run nothing. */
  | { readonly kind: "ignored"; readonly why: "repeated" | "another_event" }
  /** `reason` is for our log, not for the caller: who may not ask is told nothing. */
  | { readonly kind: "refused"; readonly status: 400 | 401 | 413 | 503; readonly reason: string };

export interface CallbackKeys {
  readonly appId: string;
  /** With it requests are signed and encrypted. Without it a request proves itself by the verification token only. */
  readonly encryptKey: string | undefined;
  readonly verificationToken: string;
}

export const MAX_CALLBACK_BYTES = 256 * 1024;
const FRESH_MS = 5 * 60_000;
/** A request dated five minutes ahead can be sent again for ten. */
const REMEMBERED_MS = 2 * FRESH_MS;
const MOST_REMEMBERED = 10_000;

/**
 * `most`: requests and clicks that are remembered; more at once are refused with 503. Errors: `config.invalid` without a
 * verification token, since then everybody could press our buttons.
 */
export function createCallbackReceiver(keys: CallbackKeys, most = MOST_REMEMBERED): CallbackReceiver {
  if (keys.verificationToken === "" || keys.encryptKey === "") {
    throw new OperatorError({
      code: "config.invalid",
      message: "callbacks of Feishu cannot be told from forged ones",
      hint: "copy Encrypt Key and Verification Token from the app's page Events and Callbacks, Encryption Strategy",
      status: 400,
    });
  }
  const signatures = new CallbackMemory({ keptForMs: REMEMBERED_MS, most });
  const events = new CallbackMemory({ keptForMs: REMEMBERED_MS, most });
  return {
    receive: (request, now) => {
      if (request.body.byteLength > MAX_CALLBACK_BYTES) return refused("too large", 413);
      const signature = verifySignature(request, keys, now);
      if (signature.kind === "refused") return signature;
      const message = readMessage(request.body, keys);
      if (message === undefined) return refused("not encrypted with our key");
      if (!hasToken(message, keys.verificationToken)) return refused("another verification token");
      if (message.type === "url_verification") return challengeOf(message);
      if (signature.kind === "absent" && keys.encryptKey !== undefined) return refused("not signed");
      if (signature.kind === "valid") {
        if (signatures.has(signature.text)) return refused("sent again");
        if (!signatures.accept(signature.text, now)) return refused("too many at once", 503);
      }
      return eventIn(message, { keys, events, now });
    },
  };
}

type Signature =
  | { readonly kind: "valid"; readonly text: string }
  /** The console does not sign its challenge; who has no Encrypt Key gets no signatures. */
  | { readonly kind: "absent" }
  | Extract<CallbackVerdict, { readonly kind: "refused" }>;

function verifySignature({ headers, body }: CallbackRequest, { encryptKey }: CallbackKeys, now: EpochMs): Signature {
  const timestamp = headers["x-lark-request-timestamp"];
  const nonce = headers["x-lark-request-nonce"];
  const signature = headers["x-lark-signature"];
  if (encryptKey === undefined || (timestamp ?? nonce ?? signature) === undefined) return { kind: "absent" };
  if (typeof timestamp !== "string" || typeof nonce !== "string" || typeof signature !== "string") {
    return refused("signed in part");
  }
  if (!/^\d{1,12}$/.test(timestamp) || Math.abs(now - Number(timestamp) * 1_000) > FRESH_MS) {
    return refused("not within five minutes of our clock");
  }
  const expected = createHash("sha256")
    .update(timestamp + nonce + encryptKey)
    .update(body)
    .digest("hex");
  return isEqual(signature, expected) ? { kind: "valid", text: expected } : refused("signature");
}

/** Undefined for whatever could not be read, without saying how far it came. */
function readMessage(body: Uint8Array, { encryptKey }: CallbackKeys): Record<string, unknown> | undefined {
  const text = utf8Of(body);
  const outer = text === undefined ? undefined : parseJson(text);
  if (!isRecord(outer)) return undefined;
  if (encryptKey === undefined) return outer;
  const inner = typeof outer.encrypt === "string" ? decrypt(outer.encrypt, encryptKey) : undefined;
  const message = inner === undefined ? undefined : parseJson(inner);
  return isRecord(message) ? message : undefined;
}

/** AES-256-CBC under SHA-256 of the key; the first block is the initialisation vector. */
export function decrypt(base64: string, encryptKey: string): string | undefined {
  const bytes = Buffer.from(base64, "base64");
  if (bytes.length < 32 || bytes.length % 16 !== 0) return undefined;
  const key = createHash("sha256").update(encryptKey).digest();
  const decipher = createDecipheriv("aes-256-cbc", key, bytes.subarray(0, 16));
  try {
    return utf8Of(Buffer.concat([decipher.update(bytes.subarray(16)), decipher.final()]));
  } catch {
    return undefined;
  }
}

function utf8Of(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** In the header of events of version 2, at the top of a challenge. */
function hasToken(message: Record<string, unknown>, expected: string): boolean {
  const token = isRecord(message.header) ? message.header.token : message.token;
  return typeof token === "string" && isEqual(token, expected);
}

function challengeOf({ challenge }: Record<string, unknown>): CallbackVerdict {
  return typeof challenge === "string" ? { kind: "challenge", answer: { challenge } } : refused("no challenge", 400);
}

function eventIn(
  { header, event }: Record<string, unknown>,
  { keys, events, now }: { readonly keys: CallbackKeys; readonly events: CallbackMemory; readonly now: EpochMs },
): CallbackVerdict {
  if (!isRecord(header) || !isRecord(event)) return refused("no event of version 2", 400);
  if (header.event_type !== CARD_ACTION_EVENT) return { kind: "ignored", why: "another_event" };
  const action = parseCardAction({ ...header, ...event }, keys.appId);
  if (action === undefined) return refused("no click in a card of this app", 400);
  if (events.has(action.eventId)) return { kind: "ignored", why: "repeated" };
  if (!events.accept(action.eventId, now)) return refused("too many at once", 503);
  return { kind: "card_action", action };
}

/** Takes as long wherever they differ, and however long they are. */
function isEqual(a: string, b: string): boolean {
  const [left, right] = [a, b].map((text) => createHash("sha256").update(text).digest());
  return left !== undefined && right !== undefined && timingSafeEqual(left, right);
}

function refused(reason: string, status: 400 | 401 | 413 | 503 = 401) {
  return { kind: "refused", status, reason } as const;
}
