import { messageIn, notTheSender } from "./app-messages.ts";
import { done, isRefusal, malformed, type Refusal, refused, type Tenant, type UrgentKind } from "./app-tenant.ts";
import type { FakeAnswer } from "./loopback-server.ts";

const MOST_UNREAD_URGENTS = 200;
const MOST_USERS = 200;

/** `PATCH /open-apis/im/v1/messages/:message_id/urgent_{app,sms,phone}`. Source: open.feishu.cn, "Buzz messages". */
export function makeUrgent(
  tenant: Tenant,
  kind: UrgentKind,
  request: {
    readonly body: Record<string, unknown>;
    readonly query: URLSearchParams;
    readonly messageId: string;
  },
): FakeAnswer | Refusal {
  const { user_id_list: users, ...others } = request.body;
  if (request.query.get("user_id_type") !== "open_id") return malformed(tenant, "user_id_type");
  const unknown = Object.keys(others)[0];
  if (unknown !== undefined) return malformed(tenant, `unknown property ${unknown}`);
  if (!isListOfUsers(users)) return malformed(tenant, `user_id_list is not a list of 1 to ${MOST_USERS}`);
  const message = messageIn(tenant, request.messageId);
  if (isRefusal(message)) return message;
  if (message.appId !== tenant.options.appId) return notTheSender(tenant);
  const chat = tenant.chats.get(message.chatId);
  if (chat?.urgentAllowed !== true) return refused(tenant, 230027, "Lack of necessary permissions.");
  const known = users.filter((user) => chat.members.includes(user));
  if (known.some((user) => (tenant.unreadUrgents.get(user) ?? 0) >= MOST_UNREAD_URGENTS)) {
    return refused(tenant, 230023, "The user has too many unread urgent messages.");
  }
  if (kind !== "app") {
    if (tenant.urgentQuota[kind] < known.length)
      return refused(tenant, 230024, "Reach the upper limit of urgent message.");
    tenant.urgentQuota[kind] -= known.length;
  }
  for (const user of known) tenant.unreadUrgents.set(user, (tenant.unreadUrgents.get(user) ?? 0) + 1);
  message.urgents.push({ kind, userIds: known });
  return done({ invalid_user_id_list: users.filter((user) => !chat.members.includes(user)) });
}

function isListOfUsers(value: unknown): value is readonly string[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.length <= MOST_USERS &&
    value.every((user) => typeof user === "string" && user.startsWith("ou_"))
  );
}
