import { messageOf } from "../../../core/errors.ts";
import { isRecord } from "../../../core/json.ts";
import type { PullProblem } from "../problem.ts";

const HINTS: { readonly [code: string]: string } = {
  ECONNREFUSED: "nothing listens there: start the exporter, or correct the address",
  ECONNRESET: "the other side closed the connection: does it speak the scheme of the job (http or https)?",
  ENOTFOUND: "no such name: correct the address, or the name service of this machine",
  EAI_AGAIN: "the name service of this machine does not answer",
  EHOSTUNREACH: "the network has no way there: is the host up?",
  ENETUNREACH: "the network has no way there: is the host up?",
  EPROTO: "the other side does not speak TLS: is the scheme of the job right?",
  DEPTH_ZERO_SELF_SIGNED_CERT: "set tls.ca_file of the job to the certificate's authority",
  SELF_SIGNED_CERT_IN_CHAIN: "set tls.ca_file of the job to the certificate's authority",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "set tls.ca_file of the job to the certificate's authority",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "set tls.ca_file of the job to the certificate's authority",
  ERR_TLS_CERT_ALTNAME_INVALID: "set tls.server_name of the job to a name the certificate has",
  CERT_HAS_EXPIRED: "renew the exporter's certificate",
};

/** What went wrong before there was a page. */
export function fetchProblem(error: unknown): PullProblem {
  const code = isRecord(error) && typeof error.code === "string" ? error.code : "";
  if (code.startsWith("Z_")) return { reason: "the page is not valid gzip", hint: "look at what stands between us" };
  return {
    reason: messageOf(error),
    hint: HINTS[code] ?? "ask for the page by hand, as with curl, to see what is wrong",
  };
}

export function timeoutProblem(timeoutMs: number): PullProblem {
  return {
    reason: `no page within ${timeoutMs} ms`,
    hint: "is the host up, and nothing between us that drops packets? A slow exporter needs a longer timeout_seconds",
    isTimeout: true,
  };
}

export function statusProblem(status: number): PullProblem {
  return { reason: `HTTP status ${status}`, hint: statusHint(status), status };
}

function statusHint(status: number): string {
  if (status === 401 || status === 403) return "set basic_auth or bearer_token_file of the job";
  if (status === 404) return "set path of the job to where the exporter has its page";
  if (status >= 300 && status < 400) return "the page has moved: set the address and path it has moved to";
  return "look at the exporter's own log";
}
