import { type Identity, nameOf } from "../../core/access.ts";
import type { LiveUse } from "../../web/server/live-session.ts";
import type { EndedRequest } from "../../web/server/request-trace.ts";
import type { Stream } from "./open-streams.ts";
import { parametersInKind } from "./parameter-kind.ts";

/** Programs ask these all the time. */
const NOBODYS = /^\/(?:healthz|readyz|metrics|ping|health|assets\/.*|write|api\/v2\/write)$/;

/** People and their routes counted in one minute; beyond, together. */
const MOST_PEOPLE = 1_000;
const MOST_ROUTES = 200;
const OTHERS = "(others)";
/** Lines in one minute about pages that follow changes. */
const MOST_WATCHES = 1_000;
const LIVE = "SOCKET /live";

interface Usage {
  requests: number;
  refused: number;
  readonly byRoute: Map<string, number>;
}

export interface Behaviour {
  note(request: EndedRequest): void;
  noteLive(use: LiveUse): void;
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
  let watches = 0;
  const usageOf = (who: string): Usage => {
    const known = usages.get(who);
    if (known !== undefined) return known;
    if (usages.size >= MOST_PEOPLE && who !== OTHERS) return usageOf(OTHERS);
    const usage = { requests: 0, refused: 0, byRoute: new Map<string, number>() };
    usages.set(who, usage);
    return usage;
  };
  const count = (identity: Identity | undefined, asked: string, isRefused: boolean): void => {
    const usage = usageOf(nameOf(identity));
    usage.requests++;
    if (isRefused) usage.refused++;
    const counted = usage.byRoute.has(asked) || usage.byRoute.size < MOST_ROUTES ? asked : OTHERS;
    usage.byRoute.set(counted, (usage.byRoute.get(counted) ?? 0) + 1);
  };
  return {
    note: (request) => {
      const { route, identity, method, status, from } = request;
      if (identity?.kind === "agent" || (route !== undefined && NOBODYS.test(route))) return;
      const caller = callerOf(identity, from);
      const asked = `${method} ${route ?? "(no such path)"}`;
      const parameters = parametersInKind(request.query);
      count(identity, asked, status >= 400);
      const question = JSON.stringify([caller.who, from, asked, Object.keys(parameters), status]);
      if (told.has(question) || told.size >= MOST_PEOPLE) return;
      told.add(question);
      const { traceId: trace_id } = request.trace;
      const duration_ms = Math.round(request.durationMs);
      stream.write({ kind: "use", trace_id, ...caller, method, route, parameters, status, duration_ms });
    },
    noteLive: (use) => {
      const { traceId: trace_id, identity, from, kind: state } = use;
      const caller = callerOf(identity, from);
      if (state !== "ended") count(identity, LIVE, state === "refused");
      if (state === "refused") {
        // A page that is not let in tries again and again.
        const question = JSON.stringify([caller.who, from, LIVE, use.code]);
        if (told.has(question)) return;
        told.add(question);
      }
      if (++watches > MOST_WATCHES) return;
      stream.write({ kind: "watch", trace_id, ...caller, state, ...watchFields(use) });
    },
    endMinute: () => {
      for (const [who, { requests, refused, byRoute }] of usages) {
        stream.write({ kind: "usage", who, seconds: 60, requests, refused, by_route: Object.fromEntries(byRoute) });
      }
      usages = new Map();
      told = new Set();
      watches = 0;
    },
  };
}

function callerOf(identity: Identity | undefined, from: string) {
  const role = identity?.kind === "person" ? identity.role : (identity?.kind ?? "anonymous");
  return { who: nameOf(identity), role, from };
}

function watchFields(use: LiveUse): { readonly [name: string]: unknown } {
  if (use.kind === "refused") return { code: use.code };
  const fields = { ...use.view, started_at: use.startedAt };
  return use.kind === "began" ? fields : { ...fields, duration_ms: Math.round(use.durationMs) };
}
