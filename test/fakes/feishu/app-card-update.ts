import { isRecord } from "../../../core/json.ts";
import { cardRefused, MAX_CARD_BYTES } from "./app-messages.ts";
import { done, malformed, type Refusal, refused, type Tenant } from "./app-tenant.ts";
import { isShared, problemOfCard } from "./card-shape.ts";
import type { FakeAnswer } from "./loopback-server.ts";

const TOKEN_LASTS_MS = 30 * 60_000;
const MOST_USES = 2;
/** The code of a bad card token is not documented; this one stands for it. */
const CARD_TOKEN_REFUSED = 300_000;

/**
 * `POST /open-apis/interactive/v1/card/update`: the card somebody clicked on, changed afterwards.
 * Source: open.feishu.cn, "Delay updating message cards".
 */
export function updateClickedCard(
  tenant: Tenant,
  body: Record<string, unknown>,
): (FakeAnswer & { readonly violation?: string }) | Refusal {
  const { token: text, card, ...others } = body;
  const unknown = Object.keys(others)[0];
  if (unknown !== undefined) return malformed(tenant, `unknown property ${unknown}`);
  const token = typeof text === "string" ? tenant.cardTokens.get(text) : undefined;
  const tokenRefused = (what: string) =>
    refused(tenant, CARD_TOKEN_REFUSED, `card token: ${what}`, `card token: ${what}`);
  if (token === undefined) return tokenRefused("unknown");
  if (!isRecord(card)) return cardRefused(tenant, "card is missing");
  if (Buffer.byteLength(JSON.stringify(card)) > MAX_CARD_BYTES) return cardRefused(tenant, "larger than 30 KB");
  const { open_ids: openIds, ...shown } = card;
  const problem = problemOfCard(shown);
  if (problem !== undefined) return cardRefused(tenant, problem);
  const message = tenant.messages.find(({ messageId }) => messageId === token.messageId);
  if (message === undefined) return tokenRefused("its message is gone");
  const seen = message.contents.at(-1) ?? {};
  if (!isShared(seen) && !(Array.isArray(openIds) && openIds.length > 0)) {
    return refused(tenant, 300_090, "openid empty", "open_ids for a card that is not shared");
  }
  if (tenant.options.nowMs() - token.atMs > TOKEN_LASTS_MS) return tokenRefused("older than 30 minutes");
  if (token.uses >= MOST_USES) return tokenRefused(`used ${MOST_USES} times`);
  token.uses += 1;
  // Feishu takes it, and puts the card back as it was.
  if (token.answeredAtMs === undefined)
    return { ...done(), violation: "a card changed before its callback was answered" };
  message.contents.push(shown);
  return done();
}
