import { Type } from "typebox";
import { type ElementId, isWithin } from "../../core/element-id.ts";
import { OperatorError } from "../../core/errors.ts";
import type { Finding } from "../../topology/invariants/finding.ts";
import type { Findings } from "../../topology/invariants/findings.ts";
import { INVARIANT_NAMES, type InvariantName } from "../../topology/invariants/invariant.ts";
import { type FindingSchema, FindingsResponse } from "../api/findings.ts";
import type { HttpServer } from "./http.ts";
import { ClusterParameter, plainJson, RootParameter, TimeParameter } from "./topology-parameters.ts";
import { askedOf, elementIdIn, type Moment, type TopologyDeps } from "./topology-request.ts";

const MAX_FINDINGS = 10_000;

export interface FindingsDeps extends TopologyDeps {
  /** By cluster. */
  readonly findings: ReadonlyMap<string, Findings>;
}

/** `GET /api/v1/topology/findings` */
export function registerFindingsRoutes(app: HttpServer, deps: FindingsDeps): void {
  app.route({
    method: "GET",
    url: "/api/v1/topology/findings",
    config: { access: "viewer" },
    ...plainJson,
    schema: {
      tags: ["topology"],
      summary: "What does not hold in the topology",
      description:
        "Without `at` the findings of now, settling ones included; with `at` those that were standing at that moment.",
      querystring: Type.Object({
        cluster: Type.Optional(ClusterParameter),
        root: Type.Optional(RootParameter),
        at: Type.Optional(TimeParameter),
        kind: Type.Optional(
          Type.String({ maxLength: 1_000, description: "comma-separated invariants: mtu_mismatch,duplicate_ip" }),
        ),
        state: Type.Optional(Type.Union([Type.Literal("settling"), Type.Literal("standing")])),
        limit: Type.Integer({ minimum: 1, maximum: MAX_FINDINGS, default: 1_000 }),
      }),
      response: { 200: FindingsResponse },
    },
    handler: async (request): Promise<FindingsResponse> => {
      const { cluster, root, at, kind, state, limit } = request.query;
      const asked = askedOf(deps, cluster, [at]);
      const moment = await asked.moment(at);
      const wanted = { root: elementIdIn(root), kinds: kindsIn(kind), state };
      const found = [...findingsAt(deps, asked.cluster, moment)].filter((finding) => isWanted(finding, wanted));
      const newestFirst = found.toSorted((a, b) => b.since.at - a.since.at || (a.id < b.id ? -1 : 1));
      return {
        cluster: asked.cluster,
        at: moment.at,
        findings: newestFirst.slice(0, limit).map(wireFinding),
        truncated: found.length > limit,
      };
    },
  });
}

export function wireFinding(finding: Finding): FindingSchema {
  const { id, invariant, elements, level, state, isUnknown, since, standingAt, endedAt, detail } = finding;
  const times = {
    ...(standingAt === undefined ? {} : { standing_at: standingAt }),
    ...(endedAt === undefined ? {} : { ended_at: endedAt }),
  };
  return { id, invariant, elements: [...elements], level, state, unknown: isUnknown, since, ...times, detail };
}

/** Errors: `findings.not_ready` (503), `findings.forgotten` (410). */
function findingsAt({ findings }: FindingsDeps, cluster: string, { at, isLive }: Moment): Iterable<Finding> {
  const known = findings.get(cluster);
  if (known === undefined || !known.isReady()) throw notReady();
  if (isLive) return known.open();
  if (at < (known.forgottenUntil() ?? 0)) throw forgotten();
  return known.standingAt(at);
}

interface Wanted {
  readonly root: ElementId | undefined;
  readonly kinds: ReadonlySet<InvariantName> | undefined;
  readonly state: Finding["state"] | undefined;
}

function isWanted(finding: Finding, { root, kinds, state }: Wanted): boolean {
  if (kinds !== undefined && !kinds.has(finding.invariant)) return false;
  if (state !== undefined && finding.state !== state) return false;
  return root === undefined || finding.elements.some((id) => isWithin(id, root));
}

/** Errors: `findings.kind_unknown` (400). */
function kindsIn(text: string | undefined): ReadonlySet<InvariantName> | undefined {
  if (text === undefined) return undefined;
  return new Set(
    text.split(",").map((name) => {
      const known = INVARIANT_NAMES.find((invariant) => invariant === name.trim());
      if (known === undefined) throw kindUnknown(name);
      return known;
    }),
  );
}

function kindUnknown(name: string): OperatorError {
  return new OperatorError({
    code: "findings.kind_unknown",
    message: `there is no invariant ${JSON.stringify(name.slice(0, 100))}`,
    hint: `the invariants are: ${INVARIANT_NAMES.join(", ")}`,
    status: 400,
  });
}

function notReady(): OperatorError {
  return new OperatorError({
    code: "findings.not_ready",
    message: "the topology is still being gone through after a start",
    hint: "ask again in a few seconds",
    status: 503,
  });
}

function forgotten(): OperatorError {
  return new OperatorError({
    code: "findings.forgotten",
    message: "findings of that moment are not kept any more",
    hint: "ask for a later moment; the topology of that moment can still be asked for with GET /api/v1/topology?at=",
    status: 410,
  });
}
