import { Type } from "typebox";
import type { Clock } from "../../core/clock.ts";
import type { Operation } from "../../store/operation.ts";
import type { OperationsLog } from "../../store/operations-log.ts";
import { type OperationJson, OperationsResponse } from "../api/operations.ts";
import type { HttpServer } from "./http.ts";
import { instantParameter } from "./instant-parameter.ts";

const time = (description: string) => Type.Optional(Type.String({ description, maxLength: 40 }));
const name = (description: string) => Type.Optional(Type.String({ description, maxLength: 200 }));

const Query = Type.Object({
  from: time("only what was asked for then or later: RFC 3339, epoch seconds or milliseconds, now-1d"),
  to: time("only what was asked for by then"),
  who: name("only what this person did"),
  what: name("only this kind: snapshot.create, or snapshot for all that is done to snapshots"),
  after: name("`next` of the page before"),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, description: "100 when left out" })),
});

const DEFAULT_LIMIT = 100;

/** `GET /api/v1/operations`: who changed what. For those who may change something themselves. */
export function registerOperationsLogRoute(
  app: HttpServer,
  { operations, clock }: { readonly operations: OperationsLog; readonly clock: Clock },
): void {
  app.get(
    "/api/v1/operations",
    {
      config: { access: "operator" },
      schema: {
        tags: ["operations"],
        summary: "Who changed what, the newest first",
        querystring: Query,
        response: { 200: OperationsResponse },
      },
    },
    async ({ query }): Promise<OperationsResponse> => {
      const { who, what, after, limit = DEFAULT_LIMIT } = query;
      const now = clock.now();
      const from = instantParameter("from", query.from, now);
      const to = instantParameter("to", query.to, now);
      const page = await operations.page({ from, to, who, what, after, limit });
      return {
        operations: page.operations.map(operationJson),
        ...(page.next === undefined ? {} : { next: page.next }),
      };
    },
  );
}

/** As the API and the stream have it. */
export function operationJson({ traceId, durationMs, ...operation }: Operation): OperationJson {
  return { ...operation, trace_id: traceId, duration_ms: durationMs };
}
