import { messageOf, OperatorError } from "../../../core/errors.ts";
import { isRecord } from "../../../core/json.ts";

export type FailureKind =
  | "unreachable"
  | "certificate"
  | "timeout"
  | "unauthorized"
  | "forbidden"
  | "not_found"
  | "throttled"
  | "server"
  | "refused"
  | "malformed"
  | "too_large";

/** An API of OpenStack did not give what it was asked for. Never holds a body or a header: those may have secrets. */
export class ApiError extends OperatorError {
  readonly kind: FailureKind;
  /** How long it asked to be left alone. */
  readonly retryAfterMs: number | undefined;

  constructor(fields: {
    kind: FailureKind;
    message: string;
    hint: string;
    retryAfterMs?: number | undefined;
    cause?: unknown;
  }) {
    super({ ...fields, code: `openstack.${fields.kind}`, status: 502 });
    this.kind = fields.kind;
    this.retryAfterMs = fields.retryAfterMs;
  }
}

export function isApiError(error: unknown, ...kinds: readonly FailureKind[]): error is ApiError {
  return error instanceof ApiError && (kinds.length === 0 || kinds.includes(error.kind));
}

/**
 * This may be of one question alone, as of an object whose row is broken, and say nothing of others. Whoever goes on must ask the
 * service for something else as well: while it is down, answers may be the same.
 */
export function isOfOneQuestion(error: unknown): error is ApiError {
  return isApiError(error, "not_found", "forbidden", "refused", "server", "malformed", "too_large");
}

const CERTIFICATE_HINTS: { readonly [code: string]: string } = {
  DEPTH_ZERO_SELF_SIGNED_CERT: "set ca_file of the cluster to the authority of its certificates",
  SELF_SIGNED_CERT_IN_CHAIN: "set ca_file of the cluster to the authority of its certificates",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "set ca_file of the cluster to the authority of its certificates",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "set ca_file of the cluster to the authority of its certificates",
  UNABLE_TO_GET_ISSUER_CERT: "ca_file lacks the root of the chain",
  ERR_TLS_CERT_ALTNAME_INVALID: "the certificate is for another name: correct the address, or the certificate",
  CERT_HAS_EXPIRED: "renew the certificate of that endpoint",
  CERT_NOT_YET_VALID: "look at the clocks of this machine and of that endpoint",
};

const NETWORK_HINTS: { readonly [code: string]: string } = {
  ECONNREFUSED: "nothing listens there: is the service up, and the endpoint of the catalogue reachable from here?",
  ECONNRESET: "the other side closed the connection: is it http where https is expected, or the reverse?",
  ENOTFOUND: "no such name: the catalogue has a name that this machine does not know; try another interface",
  EAI_AGAIN: "the name service of this machine does not answer",
  EHOSTUNREACH: "the network has no way there; try another interface of the catalogue",
  ENETUNREACH: "the network has no way there; try another interface of the catalogue",
  EPROTO: "the other side does not speak TLS: is the scheme of the endpoint right?",
};

/** What went wrong before there was an answer. */
export function connectionError(error: unknown, where: string): ApiError {
  const code = isRecord(error) && typeof error.code === "string" ? error.code : "";
  const certificateHint = CERTIFICATE_HINTS[code];
  if (certificateHint !== undefined) {
    const message = `${where}: certificate refused: ${messageOf(error)}`;
    return new ApiError({ kind: "certificate", message, hint: certificateHint, cause: error });
  }
  const hint = NETWORK_HINTS[code] ?? "ask that address by hand from this machine, as with curl";
  return new ApiError({ kind: "unreachable", message: `${where}: ${messageOf(error)}`, hint, cause: error });
}

export function timeoutError(where: string, ms: number): ApiError {
  return new ApiError({
    kind: "timeout",
    message: `${where}: no answer within ${ms} ms`,
    hint: "is the service overloaded, or does something between us drop packets? request_timeout_seconds is the limit",
  });
}

export function statusError(status: number, where: string, retryAfterMs: number | undefined): ApiError {
  const { kind, hint } = EXACT[status] ?? CLASSES.find(({ from }) => status >= from) ?? UNKNOWN;
  return new ApiError({ kind, message: `${where}: HTTP status ${status}`, hint, retryAfterMs });
}

interface Meaning {
  readonly kind: FailureKind;
  readonly hint: string;
}

const THROTTLED: Meaning = { kind: "throttled", hint: "the service limits its clients; lower requests_per_second" };

const EXACT: { readonly [status: number]: Meaning } = {
  401: {
    kind: "unauthorized",
    hint: "look at user, project, domains and password of the cluster; is the user locked or expired?",
  },
  403: { kind: "forbidden", hint: "the user's roles do not allow it; docs/openstack.md says what is needed" },
  404: { kind: "not_found", hint: "the endpoint of the catalogue is not the service's, or the service is too old" },
  413: THROTTLED,
  429: THROTTLED,
};

const UNKNOWN: Meaning = { kind: "refused", hint: "the endpoint of the catalogue redirects: correct its address" };

const CLASSES: readonly (Meaning & { readonly from: number })[] = [
  { from: 500, kind: "server", hint: "look at the log of that service" },
  {
    from: 400,
    kind: "refused",
    hint: "the service does not take this question; its version may be unknown to us",
  },
];
