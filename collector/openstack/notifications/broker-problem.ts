import { messageOf } from "../../../core/errors.ts";
import type { PullProblem } from "../../pull/problem.ts";
import type { NotificationSource } from "./broker-options.ts";

/** Why a broker is not listened at, and what to do about it. Has neither password nor address of a user in it. */
export function brokerProblem(error: unknown, source: NotificationSource): PullProblem {
  const said = messageOf(error);
  // In place of its reason the client tells that the answer was another one than it expected.
  const reason = said.startsWith("Expected ConnectionOpenOk") ? noVhost(source) : said;
  return { reason, hint: hintOf(reason, source) };
}

const noVhost = ({ vhost, username }: NotificationSource) =>
  `the broker does not open the vhost ${vhost} to ${username}`;

/** The queue is bound to nothing: no notification will come. */
export function noExchange({ exchanges, vhost }: NotificationSource): PullProblem {
  return {
    reason: `the broker has none of the exchanges ${exchanges.join(", ")} in the vhost ${vhost}`,
    hint: "services make them with their first notification; do they notify ([oslo_messaging_notifications] driver = messagingv2), and is the vhost right?",
  };
}

function hintOf(reason: string, { queue, username, vhost, tls }: NotificationSource): string {
  if (/ACCESS_REFUSED|ACCESS-REFUSED|403/.test(reason)) {
    return `check the password of ${username}, and that he may configure, write and read ${queue} and read the exchanges: rabbitmqctl set_permissions`;
  }
  if (/PRECONDITION_FAILED/.test(reason)) return `delete the queue ${queue}, which was declared with other limits`;
  if (/NOT_ALLOWED|530|does not open the vhost/.test(reason))
    return `is there a vhost ${vhost}, and may ${username} use it?`;
  if (/altnames|does not match/i.test(reason)) {
    return "the broker's certificate is for another name: write the broker by that name, or renew the certificate";
  }
  if (/self.signed|unable to (?:verify|get).*(?:certificate|issuer)|UNABLE_TO/i.test(reason)) {
    return "set ca_file of notifications to the authority of the broker's certificate";
  }
  if (/certificate/i.test(reason))
    return "renew the broker's certificate; look at the clocks of this machine and the broker's";
  if (/wrong version number|EPROTO|packet length/i.test(reason)) {
    return "no TLS is spoken there: is the port right (with TLS 5671), and amqps meant?";
  }
  if (/ECONNREFUSED/.test(reason)) return "does RabbitMQ run there, and is the port right (5672, with TLS 5671)?";
  if (/ENOTFOUND|EAI_AGAIN/.test(reason)) return "this machine does not know that name: correct it, or give an address";
  if (/ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|timed? ?out/i.test(reason)) {
    return "nothing answers there: is a firewall in between, and is the address right?";
  }
  if (tls === undefined && /closed abruptly|ECONNRESET|hang up/i.test(reason)) {
    return "the broker hung up: does that port want TLS (amqps://)? else its log says why";
  }
  return "look at the broker's log: it names each connection it closes, and why";
}
