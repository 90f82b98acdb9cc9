import { nameOf } from "../../core/access.ts";
import type { EndedRequest } from "../../web/server/request-trace.ts";
import type { Stream } from "./open-streams.ts";
import { parametersInKind } from "./parameter-kind.ts";

/** Programs ask these all the time. */
const NOBODYS = /^\/(?:healthz|readyz|metrics|ping|health|assets\/.*|write|api\/v2\/write)$/;

/** People and their routes counted in one minute; beyond, together. */
const MOST_PEOPLE = 1_000;
const MOST_ROUTES = 200;
const OTHERS = "(others)";

interface Usage {
  requests: number;
  refused: number;
  readonly byRoute: Map<string, number>;
}

export interface Behaviour {
  note(request: EndedRequest): void;
  /** Ends a minute: what everybody did in it. */
  endMinute(): void;
}

/**
 * Who used what. A page asks the same again and again, so that of each question (who, from where, what, with which parameters, with what
 * success) the first of a minute is a line, and all are in the minute's count by person.
 */
export function createBehaviour(stream: Stream): Behaviour {
  let usages = new Map<string, Usage>();
  let told = new Set<string>();
  const usageOf = (who: string): Usage => {
    const known = usages.get(who);
    if (known !== undefined) return known;
    if (usages.size >= MOST_PEOPLE && who !== OTHERS) return usageOf(OTHERS);
    const usage = { requests: 0, refused: 0, byRoute: new Map<string, number>() };
    usages.set(who, usage);
    return usage;
  };
  return {
    note: (request) => {
      const { route, identity, method, status, from } = request;
      if (identity?.kind === "agent" || (route !== undefined && NOBODYS.test(route))) return;
      const who = nameOf(identity);
      const role = identity?.kind === "person" ? identity.role : (identity?.kind ?? "anonymous");
      const asked = `${method} ${route ?? "(no such path)"}`;
      const parameters = parametersInKind(request.query);
      const usage = usageOf(who);
      usage.requests++;
      if (status >= 400) usage.refused++;
      const counted = usage.byRoute.has(asked) || usage.byRoute.size < MOST_ROUTES ? asked : OTHERS;
      usage.byRoute.set(counted, (usage.byRoute.get(counted) ?? 0) + 1);
      const question = JSON.stringify([who, from, asked, Object.keys(parameters), status]);
      if (told.has(question) || told.size >= MOST_PEOPLE) return;
      told.add(question);
      const { traceId: trace_id } = request.trace;
      const duration_ms = Math.round(request.durationMs);
      stream.write({ kind: "use", trace_id, who, role, from, method, route, parameters, status, duration_ms });
    },
    endMinute: () => {
      for (const [who, { requests, refused, byRoute }] of usages) {
        stream.write({ kind: "usage", who, seconds: 60, requests, refused, by_route: Object.fromEntries(byRoute) });
      }
      usages = new Map();
      told = new Set();
    },
  };
}
