import type { IncomingHttpHeaders } from "node:http";
import type { Estate } from "../estate.ts";
import type { Release } from "../releases.ts";
import type { OpenStackObject } from "../view.ts";
import type { Behaviour, ServiceName } from "./behaviour.ts";
import type { Token, TokenStore } from "./tokens.ts";

/** One request, as a service gets it. */
export interface Call {
  readonly method: string;
  readonly service: ServiceName;
  /** Below the service's own place, without a slash at the end: `/v2.1/servers/detail`. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The request's URL without its query, as the client knows it. */
  readonly selfUrl: string;
  /** Epoch milliseconds. */
  readonly now: number;
  /** Says that the client did something that a reader of OpenStack must not do, or that does nothing. */
  readonly blame: (what: string) => void;
}

/** One cluster's OpenStack, as its services see it. */
export interface Site {
  readonly estate: Estate;
  readonly tokens: TokenStore;
  readonly behaviour: () => Behaviour;
  readonly release: () => Release;
  /** Where a service is, without a slash at the end. */
  readonly urlOf: (service: ServiceName) => string;
}

/** A call whose caller is known. */
export interface KnownCall extends Call {
  readonly token: Token;
}

export type Body =
  | { readonly kind: "json"; readonly value: unknown }
  /** Written one item after the other: `{"<name>": [ … ], …rest}`. */
  | {
      readonly kind: "list";
      readonly name: string;
      readonly items: Iterable<OpenStackObject>;
      readonly rest: OpenStackObject;
    }
  /** No JSON. */
  | { readonly kind: "text"; readonly text: string; readonly type: string }
  | { readonly kind: "none" };

export interface Answer {
  readonly status: number;
  readonly headers: { readonly [name: string]: string };
  readonly body: Body;
}

export function json(status: number, value: unknown, headers: Answer["headers"] = {}): Answer {
  return { status, headers, body: { kind: "json", value } };
}

export function list(
  name: string,
  items: Iterable<OpenStackObject>,
  rest: OpenStackObject = {},
  headers: Answer["headers"] = {},
): Answer {
  return { status: 200, headers, body: { kind: "list", name, items, rest } };
}

export function withHeaders(answer: Answer, headers: Answer["headers"]): Answer {
  return { ...answer, headers: { ...answer.headers, ...headers } };
}

/** The parts of a path between its slashes, decoded. */
export function partsOf(path: string): readonly string[] {
  return path
    .split("/")
    .filter((part) => part !== "")
    .map(decodePart);
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
