import type { Clock } from "../../../core/clock.ts";
import type { EndpointInterface } from "../cloud-source.ts";
import { ApiError, isApiError } from "./api-error.ts";
import type { ServiceName } from "./catalogue.ts";
import type { HttpAnswer, HttpClient } from "./http-client.ts";
import type { RequestGate } from "./request-gate.ts";
import type { Token, TokenKeeper } from "./token.ts";
import type { ApiObject } from "./words.ts";

export interface Reply {
  readonly body: ApiObject;
  /** Of the answer, by the server's own clock, in epoch milliseconds; ours where it does not say. */
  readonly serverTimeMs: number;
}

export type Query = readonly (readonly [name: string, value: string | number])[];

/** What the requests to one service came to since somebody looked last. */
export interface RequestFigures {
  requests: number;
  errors: number;
  seconds: number;
}

export interface CloudAccess {
  readonly http: HttpClient;
  readonly gate: RequestGate;
  readonly tokens: TokenKeeper;
  readonly clock: Clock;
  readonly interface: EndpointInterface;
}

/** Asks one service of one region: with the token, and once more when the token was refused. */
export class ServiceApi {
  readonly service: ServiceName;
  readonly region: string;
  readonly #access: CloudAccess;
  /** Instead of the catalogue's. */
  readonly #ownUrl: string | undefined;
  #figures: RequestFigures = { requests: 0, errors: 0, seconds: 0 };

  constructor(service: ServiceName, region: string, access: CloudAccess, ownUrl?: string) {
    this.service = service;
    this.region = region;
    this.#access = access;
    this.#ownUrl = ownUrl;
  }

  /** Whether the catalogue has it. Errors: those of authentication. */
  async isThere(): Promise<boolean> {
    return (await this.#baseUrl(await this.#access.tokens.current())) !== undefined;
  }

  /** Whose token it asks with. Errors: those of authentication. */
  async user(): Promise<Pick<Token, "projectId" | "roles">> {
    const { projectId, roles } = await this.#access.tokens.current();
    return { projectId, roles };
  }

  /** `path` begins with `/`, or is empty. Errors: ApiError. */
  async get(path: string, query: Query, signal: AbortSignal, headers: Record<string, string> = {}): Promise<Reply> {
    const token = await this.#access.tokens.current();
    try {
      return await this.#getWith(token, path, query, signal, headers);
    } catch (error) {
      if (!isApiError(error, "unauthorized")) throw error;
      this.#access.tokens.refused(token);
      return await this.#getWith(await this.#access.tokens.current(), path, query, signal, headers);
    }
  }

  /** Begins to count anew. */
  takeFigures(): RequestFigures {
    const figures = this.#figures;
    this.#figures = { requests: 0, errors: 0, seconds: 0 };
    return figures;
  }

  async #getWith(
    token: Token,
    path: string,
    query: Query,
    signal: AbortSignal,
    headers: Record<string, string>,
  ): Promise<Reply> {
    const { gate, http, clock } = this.#access;
    const base = this.#baseUrl(token);
    if (base === undefined) throw notInCatalogue(this.service, this.region, this.#access.interface);
    const url = new URL(`${base}${path}`);
    for (const [name, value] of query) url.searchParams.append(name, String(value));
    const asked = { accept: "application/json", "user-agent": "Nephoscope", "x-auth-token": token.text, ...headers };
    const answer = await gate.run(signal, async () => {
      const startedMs = clock.monotonicMs();
      this.#figures.requests++;
      try {
        return await http.ask({ url, headers: asked, signal });
      } catch (error) {
        this.#figures.errors++;
        throw error;
      } finally {
        this.#figures.seconds += (clock.monotonicMs() - startedMs) / 1_000;
      }
    });
    return { body: answer.body, serverTimeMs: serverTimeOf(answer, clock) };
  }

  #baseUrl(token: Token): string | undefined {
    return this.#ownUrl ?? token.catalogue.urlOf(this.service, this.region, this.#access.interface);
  }
}

function serverTimeOf({ headers }: HttpAnswer, clock: Clock): number {
  const said = Date.parse(headers.date ?? "");
  return Number.isFinite(said) ? said : clock.now();
}

function notInCatalogue(service: ServiceName, region: string, by: EndpointInterface): ApiError {
  return new ApiError({
    kind: "not_found",
    message: `the catalogue has no ${by} endpoint of ${service} in region ${region}`,
    hint: "correct regions and interface of the cluster; `openstack catalog list` shows what there is",
  });
}
