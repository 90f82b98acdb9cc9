import { randomUUID } from "node:crypto";
import type { ServiceName } from "./behaviour.ts";
import { type Answer, json } from "./call.ts";
import type { VersionSpan } from "./negotiate.ts";

// Error bodies, each in the form of its service. Sources: the fault wrappers of Nova and Cinder
// (`nova/api/openstack/wsgi.py`), `neutron/api/api_common.py`, Keystone's and Placement's error handlers,
// keystonemiddleware.

const FAULT_NAMES: { readonly [status: number]: string } = {
  400: "badRequest",
  401: "unauthorized",
  403: "forbidden",
  404: "itemNotFound",
  405: "badMethod",
  409: "conflictingRequest",
  413: "overLimit",
  415: "badMediaType",
  429: "overLimit",
  501: "notImplemented",
  503: "serviceUnavailable",
};

const TITLES: { readonly [status: number]: string } = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  406: "Not Acceptable",
  429: "Too Many Requests",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};

/** Of Nova and Cinder: anything without a name of its own is a `computeFault`. */
export function computeFault(status: number, message: string, headers: Answer["headers"] = {}): Answer {
  return json(status, { [FAULT_NAMES[status] ?? "computeFault"]: { code: status, message } }, headers);
}

export function neutronError(status: number, type: string, message: string): Answer {
  return json(status, { NeutronError: { type, message, detail: "" } });
}

export function keystoneError(status: number, message: string, headers: Answer["headers"] = {}): Answer {
  return json(status, { error: { code: status, message, title: TITLES[status] ?? "Error" } }, headers);
}

export function placementError(status: number, detail: string, more: object = {}): Answer {
  const error = { status, title: TITLES[status] ?? "Error", detail, request_id: `req-${randomUUID()}` };
  return json(status, { errors: [{ ...error, ...more }] });
}

/** Octavia's, of WSME. */
export function octaviaError(faultcode: "Client" | "Server", status: number, faultstring: string): Answer {
  return json(status, { faultcode, faultstring, debuginfo: null });
}

/** What keystonemiddleware says for every service behind it. */
export function unauthenticated(identityUrl: string): Answer {
  return keystoneError(401, "The request you have made requires authentication.", {
    "www-authenticate": `Keystone uri="${identityUrl}"`,
  });
}

const NOVA_500 =
  "Unexpected API Error. Please report this at http://bugs.launchpad.net/nova/ and attach the Nova API log if possible.\n" +
  "<class 'oslo_db.exception.DBConnectionError'>";

/** A service that fails by itself. 502 and 504 come from whatever stands before it. */
export function serviceFailure(service: ServiceName, status: number, headers: Answer["headers"] = {}): Answer {
  if (status === 502 || status === 504 || (status === 503 && service !== "compute")) return proxyError(status, headers);
  if (status === 429) return computeFault(429, "This request was rate-limited.", headers);
  switch (service) {
    case "identity":
      return keystoneError(status, "An unexpected error prevented the server from fulfilling your request.", headers);
    case "network":
      return neutronError(
        status,
        "HTTPInternalServerError",
        "Request Failed: internal server error while processing your request.",
      );
    case "placement":
      return placementError(
        status,
        "The server has either erred or is incapable of performing the requested operation.",
      );
    case "compute":
      return status === 503
        ? computeFault(503, "The server is currently unavailable. Please try again at a later time.", headers)
        : computeFault(500, NOVA_500, headers);
    case "volume":
      return computeFault(500, "The server has either erred or is incapable of performing the requested operation.");
    case "image":
      return proxyError(500, headers);
    case "load-balancer":
      return octaviaError("Server", 500, "An unknown exception occurred.");
  }
}

/** HTML as HAProxy sends it: nothing that can be read as JSON. */
function proxyError(status: number, headers: Answer["headers"]): Answer {
  const title = `${status} ${TITLES[status] ?? "Error"}`;
  const html = `<html><body><h1>${title}</h1>\nNo server is available to handle this request.\n</body></html>\n`;
  return { status, headers, body: { kind: "text", text: html, type: "text/html" } };
}

/** What Nova and Cinder say alike to a microversion they cannot serve. */
export function refusedVersion(
  { kind, asked }: { readonly kind: "malformed" | "unknown"; readonly asked: string },
  { oldest, newest }: VersionSpan,
): Answer {
  if (kind === "malformed") {
    return computeFault(400, `API Version String ${asked} is of invalid format. Must be of format MajorNum.MinorNum.`);
  }
  const range = `Minimum is ${oldest} and maximum is ${newest}.`;
  return computeFault(406, `Version ${asked} is not supported by the API. ${range}`);
}
