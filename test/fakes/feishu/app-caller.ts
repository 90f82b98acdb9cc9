import { isRecord } from "../../../core/json.ts";
import type { FakeFeishuApp } from "./app-server.ts";

export interface Heard {
  readonly status: number;
  readonly code: unknown;
  readonly reset: string | null;
  readonly data: Record<string, unknown>;
  readonly body: Record<string, unknown>;
}

/** Plain HTTP, as any client could speak it. `token`: without one, nothing is said of authorization. */
export async function ask(
  app: FakeFeishuApp,
  request: string,
  body: unknown,
  init: { readonly token?: string; readonly contentType?: string } = {},
): Promise<Heard> {
  const [method, path] = request.split(" ");
  const response = await fetch(`${app.domain}${path}`, {
    method,
    headers: {
      "content-type": init.contentType ?? "application/json; charset=utf-8",
      ...(init.token === undefined ? {} : { authorization: `Bearer ${init.token}` }),
    },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  const text: unknown = await response.json();
  const answer = isRecord(text) ? text : {};
  return {
    status: response.status,
    code: answer.code,
    reset: response.headers.get("x-ogw-ratelimit-reset"),
    data: isRecord(answer.data) ? answer.data : {},
    body: answer,
  };
}

/** A token for the rest. */
export async function tokenOf(app: FakeFeishuApp): Promise<string> {
  const { appId, appSecret } = app.options;
  const heard = await ask(app, TOKEN, { app_id: appId, app_secret: appSecret });
  return String(heard.body.tenant_access_token);
}

export const TOKEN = "POST /open-apis/auth/v3/tenant_access_token/internal";
export const SEND = "POST /open-apis/im/v1/messages?receive_id_type=chat_id";
export const UPDATE = "POST /open-apis/interactive/v1/card/update";

/** A card that everybody sees alike, with a button. */
export function sharedCard(title = "eth0 is down", more: object = {}) {
  const button = { tag: "button", text: { tag: "plain_text", content: "Acknowledge" }, value: { do: "acknowledge" } };
  return {
    config: { update_multi: true as const },
    header: { template: "red", title: { tag: "plain_text", content: title } },
    elements: [{ tag: "action", actions: [button] }],
    ...more,
  };
}

/** The body of `SEND`. */
export function cardMessage(card: object = sharedCard(), more: object = {}): Record<string, unknown> {
  return { receive_id: "oc_ops", msg_type: "interactive", content: JSON.stringify(card), ...more };
}
