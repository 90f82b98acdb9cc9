import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import { Type } from "typebox";
import type { Clock } from "../../core/clock.ts";
import { StatusResponse } from "../api/status.ts";
import type { AccessCheck } from "./access.ts";
import type { HttpServer } from "./http.ts";

type Status = StatusResponse;

/** One metric of `/metrics`, asked for at each scrape. */
export interface Figure {
  readonly kind: "counter" | "gauge";
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  readonly values: () => readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[];
}

export interface OperationDeps {
  readonly version: string;
  readonly clock: Clock;
  readonly check: AccessCheck;
  readonly figures: readonly Figure[];
  clusters(): readonly string[];
  agents(): Status["agents"];
  parts(): Status["parts"];
  /** Undefined when ready to serve, else what is being waited for. */
  notReadyBecause(): string | undefined;
}

const PREFIX = "nephoscope_";

/** Health, readiness, our own metrics, the OpenAPI document and the status that the page shows. */
export function registerOperationRoutes(app: HttpServer, deps: OperationDeps): void {
  const metrics = new Registry();
  collectDefaultMetrics({ register: metrics, prefix: PREFIX });
  for (const figure of deps.figures) registerFigure(metrics, figure);
  const schema = { tags: ["operations"] };
  const Health = Type.Object({ status: Type.String(), because: Type.Optional(Type.String()) });

  app.get(
    "/healthz",
    { config: { access: "public" }, schema: { ...schema, summary: "The process answers", response: { 200: Health } } },
    async () => ({ status: "ok" }),
  );
  app.get(
    "/readyz",
    {
      config: { access: "public" },
      schema: { ...schema, summary: "Every part is ready", response: { 200: Health, 503: Health } },
    },
    async (_request, reply) => {
      const because = deps.notReadyBecause();
      return because === undefined ? { status: "ready" } : reply.code(503).send({ status: "not ready", because });
    },
  );
  app.get(
    "/metrics",
    { config: { access: "viewer" }, schema: { ...schema, summary: "Metrics of this process, Prometheus text format" } },
    async (_request, reply) => reply.type(metrics.contentType).send(await metrics.metrics()),
  );
  app.get("/openapi.json", { config: { access: "public" }, schema: { hide: true } }, async () => app.swagger());
  app.get(
    "/api/v1/status",
    {
      config: { access: "public" },
      schema: { ...schema, summary: "This installation, and who is asking", response: { 200: StatusResponse } },
    },
    async (request) => {
      const { identity } = request;
      const person = identity?.kind === "person" ? { role: identity.role, name: identity.name } : {};
      const access = identity?.kind === "loopback" ? { role: "admin" as const } : person;
      const isKnown = identity !== undefined;
      return {
        version: deps.version,
        now: deps.clock.now(),
        clusters: isKnown ? [...deps.clusters()] : [],
        access: { mode: deps.check.mode, ...access },
        agents: isKnown ? deps.agents() : [],
        parts: isKnown ? deps.parts() : [],
      };
    },
  );
}

function registerFigure(registry: Registry, { kind, name, help, labels, values }: Figure): void {
  const settings = { name, help, labelNames: labels, registers: [registry] };
  if (kind === "gauge") {
    const gauge: Gauge = new Gauge({
      ...settings,
      collect: () => {
        gauge.reset();
        for (const { labels, value } of values()) gauge.set(labels, value);
      },
    });
    return;
  }
  const counter: Counter = new Counter({
    ...settings,
    collect: () => {
      counter.reset();
      for (const { labels, value } of values()) counter.inc(labels, value);
    },
  });
}
