import { messageOf } from "../../../core/errors.ts";
import type { PullProblem } from "../problem.ts";
import type { SnmpJob } from "./job.ts";

/** Why a switch was not read. */
export function snmpProblem(error: unknown, job: SnmpJob): PullProblem {
  const message = messageOf(error);
  if (error instanceof Error && error.name === "RequestTimedOutError") return noAnswer(job);
  return { reason: message, hint: hintFor(message, job) };
}

/** SNMP 2c says nothing to a wrong community: it looks like a host that is not there. */
export function noAnswer({ access, requestTimeoutMs, retries }: SnmpJob): PullProblem {
  const what = access.kind === "v2c" ? "the community" : `the user ${access.user} and its passwords`;
  return {
    reason: `no answer within ${requestTimeoutMs} ms, sent ${retries + 1} times`,
    hint: `check that the switch is up, lets this machine ask (UDP), and ${what}: to a wrong one a switch says nothing`,
  };
}

function hintFor(message: string, { access }: SnmpJob): string {
  if (/user ?name/i.test(message)) return "the switch does not know the user: check user, or make it on the switch";
  if (/digest|authenticat|EAuthFailure/i.test(message)) {
    return "the switch refuses the password: check auth_protocol and auth_password";
  }
  if (/decrypt|privacy/i.test(message)) return "check privacy_protocol and privacy_password";
  if (/security level/i.test(message)) return "the switch wants another level: check auth_… and privacy_…";
  if (/ENOTFOUND|EAI_AGAIN/.test(message)) return "no such name: correct the address, or this machine's name service";
  return access.kind === "v3"
    ? "check user, auth_… and privacy_… against the switch's configuration"
    : "ask the switch by hand, as with snmpwalk, to see what is wrong";
}
