import { Type } from "typebox";
import { answerQuery } from "./influx-queries.ts";
import { sendError, sendRefusal, VERSION_HEADERS } from "./influx-reply.ts";
import type { IngestApp } from "./routes.ts";

const PingQuery = Type.Object({ verbose: Type.Optional(Type.String()) });
const QueryParameters = Type.Object({
  q: Type.Optional(Type.String({ description: "statements of InfluxQL that clients send before they write" })),
});
/** A form with a few statements. */
const MAX_FORM_BYTES = 64 * 1024;

/** What clients of InfluxDB ask before they write. */
export function registerInfluxChecks(app: IngestApp): void {
  const schema = (summary: string) => ({ tags: ["metrics"], summary });
  app.get(
    "/ping",
    { config: { access: "public" }, schema: { ...schema("As InfluxDB answers"), querystring: PingQuery } },
    async (request, reply) => {
      const { verbose } = request.query;
      if (verbose === undefined || verbose === "false" || verbose === "0")
        return reply.code(204).headers(VERSION_HEADERS).send();
      return reply.headers(VERSION_HEADERS).send({ version: VERSION_HEADERS["x-influxdb-version"] });
    },
  );
  app.get("/health", { config: { access: "public" }, schema: schema("As InfluxDB answers") }, async (_request, reply) =>
    reply.headers(VERSION_HEADERS).send({
      name: "influxdb",
      message: "ready for queries and writes",
      status: "pass",
      checks: [],
      version: VERSION_HEADERS["x-influxdb-version"],
    }),
  );
  const created = new Set<string>();
  for (const method of ["GET", "POST"] as const) {
    app.route({
      method,
      url: "/query",
      config: { access: "agent", operation: { none: "databases are named, none is made" } },
      bodyLimit: MAX_FORM_BYTES,
      schema: {
        ...schema("Statements of InfluxQL about databases; data is asked for in PromQL"),
        querystring: QueryParameters,
      },
      errorHandler: (error, _request, reply) => sendError(reply, "v1", error),
      handler: async (request, reply) => {
        const text = request.query.q ?? formOf(request.body).get("q") ?? undefined;
        const answer = answerQuery(text, created);
        if (answer.kind === "refused") return sendRefusal(reply, "v1", 400, answer.message);
        return reply.headers(VERSION_HEADERS).send({ results: answer.results });
      },
    });
  }
}

function formOf(body: unknown): URLSearchParams {
  return new URLSearchParams(Buffer.isBuffer(body) ? body.toString() : "");
}
