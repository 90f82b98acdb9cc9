import type { Static, TSchema } from "typebox";
import { Check } from "typebox/value";
import { OperatorError } from "../../core/errors.ts";
import { API_FLAGS, type ApiClient } from "../api-client.ts";
import type { CommandContext } from "../command.ts";

export const TOPOLOGY_FLAGS = {
  ...API_FLAGS,
  cluster: { type: "string" },
  root: { type: "string" },
  host: { type: "string", multiple: true },
  kind: { type: "string", multiple: true },
  ignore: { type: "string", multiple: true },
  from: { type: "string" },
  to: { type: "string" },
  limit: { type: "string" },
  note: { type: "string" },
  json: { type: "boolean", default: false },
  flat: { type: "boolean", default: false },
  group: { type: "boolean", default: false },
} as const;

export interface TopologyFlags {
  readonly cluster?: string | undefined;
  readonly root?: string | undefined;
  readonly host?: readonly string[] | undefined;
  readonly kind?: readonly string[] | undefined;
  readonly ignore?: readonly string[] | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly limit?: string | undefined;
  readonly note?: string | undefined;
  readonly json: boolean;
  readonly flat: boolean;
  readonly group: boolean;
}

/** One run of `nephoscope topology <verb>`. */
export interface Asked {
  readonly client: ApiClient;
  readonly flags: TopologyFlags;
  /** What stands behind the verb. */
  readonly rest: readonly string[];
  readonly context: CommandContext;
}

/** Resolves to the exit code. */
export type Verb = (asked: Asked) => Promise<number>;

/** The answer in its shape. Errors: `api.outdated` for a server that answers otherwise. */
export async function ask<S extends TSchema>(
  client: ApiClient,
  schema: S,
  path: string,
  query: { readonly [name: string]: string | undefined },
): Promise<Static<S>> {
  return checked(schema, path, await client.call("GET", path, { query }));
}

/** An answer in the shape it should have. Errors: `api.outdated`. */
export function checked<S extends TSchema>(schema: S, path: string, answer: unknown): Static<S> {
  if (Check(schema, answer)) return answer;
  throw new OperatorError({
    code: "api.outdated",
    message: `the answer of ${path} has not the shape this command knows`,
    hint: "use the command of the same version as the server; `nephoscope version` tells this one's",
  });
}

/** The answer for a machine, or as lines for a person. */
export function show({ context, flags }: Asked, answer: unknown, lines: () => readonly string[]): void {
  if (flags.json) context.print(JSON.stringify(answer, undefined, 2));
  else for (const line of lines()) context.print(line);
}

export function wrongArguments(message: string, usage: string): OperatorError {
  return new OperatorError({ code: "topology.arguments", message, hint: `usage: ${usage}` });
}

/** Several flags, each of which may hold several, as the API takes them. */
export function joined(items: readonly string[] | undefined): string | undefined {
  return items === undefined || items.length === 0 ? undefined : items.join(",");
}
