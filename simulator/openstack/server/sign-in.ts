import { createHash } from "node:crypto";
import { isRecord, parseJson } from "../../../core/json.ts";
import { isoMicroseconds } from "../view.ts";
import { type Answer, type Call, json, type Site } from "./call.ts";
import { catalogOf } from "./catalog.ts";
import { type Credentials, credentialsOf, DEFAULT_DOMAIN, projectName } from "./credentials.ts";
import { keystoneError } from "./refusals.ts";
import type { Scope, Token } from "./tokens.ts";

// POST /v3/auth/tokens. Source: OpenStack Identity API v3 reference, "Authentication and token management".

type Record_ = Record<string, unknown>;
const WRONG = "The request you have made requires authentication.";

/** 201 with `X-Subject-Token`; the same 401 for an unknown user, a wrong password and a project that is not theirs. */
export function signIn(site: Site, call: Call): Answer {
  const body = parseJson(call.body);
  const auth = isRecord(body) ? body.auth : undefined;
  if (!isRecord(auth)) return malformed("Invalid input for field 'auth': None is not of type 'object'");
  const identity = recordIn(auth, "identity");
  const methods = Array.isArray(identity?.methods) ? identity.methods.map(String) : [];
  if (identity === undefined || methods.length === 0) {
    return malformed("'identity' is a required property");
  }
  const user = userOf(site, identity, methods);
  if (user === undefined) return refusal(site);
  const credentials = credentialsOf(site.estate, user);
  const scope = scopeOf(auth.scope, credentials, { methods, isAdmin: user === "reader" });
  if (scope === undefined) return refusal(site);
  const token = site.tokens.issue({ user, isAdmin: user === "reader", scope, methods }, call.now);
  return json(201, { token: tokenBody(site, token) }, { "x-subject-token": token.id, vary: "X-Auth-Token" });
}

/** As Keystone shows a token to whoever got it, or validates it. */
export function tokenBody(site: Site, token: Token): Record_ {
  const { scope, user } = token;
  const { userId, username, projectId, applicationCredential } = credentialsOf(site.estate, user);
  const roleNames = token.isAdmin ? ["admin", "member", "reader"] : ["member", "reader"];
  const roles = roleNames.map((name) => ({ id: roleId(name), name }));
  const project = { id: projectId, name: user === "reader" ? "admin" : projectName(projectId), domain: DEFAULT_DOMAIN };
  return {
    methods: token.methods,
    user: { domain: DEFAULT_DOMAIN, id: userId, name: username, password_expires_at: null },
    audit_ids: [createHash("sha256").update(token.id).digest("base64url").slice(0, 22)],
    expires_at: `${isoMicroseconds(token.expiresAt)}Z`,
    issued_at: `${isoMicroseconds(token.issuedAt)}Z`,
    ...(scope.kind === "project" ? { project, is_domain: false } : {}),
    ...(scope.kind === "system" ? { system: { all: true } } : {}),
    ...(scope.kind === "unscoped" ? {} : { roles, catalog: catalogOf(site, scope) }),
    ...(token.methods.includes("application_credential")
      ? { application_credential: { id: applicationCredential.id, name: "nephoscope", restricted: true } }
      : {}),
  };
}

function userOf(site: Site, identity: Record_, methods: readonly string[]): Token["user"] | undefined {
  for (const user of ["reader", "member"] as const) {
    const credentials = credentialsOf(site.estate, user);
    const isRight = methods.every((method) => {
      const given = recordIn(identity, method);
      if (given === undefined) return false;
      if (method === "password") return isPassword(recordIn(given, "user"), credentials);
      return method === "application_credential" && isApplicationCredential(given, credentials);
    });
    if (isRight) return user;
  }
  return undefined;
}

function isPassword(given: Record_ | undefined, { username, userId, password }: Credentials): boolean {
  if (given === undefined || given.password !== password) return false;
  if (given.id !== undefined) return given.id === userId;
  return given.name === username && isDefaultDomain(recordIn(given, "domain"));
}

function isApplicationCredential(given: Record_, { applicationCredential, username, userId }: Credentials): boolean {
  if (given.secret !== applicationCredential.secret) return false;
  if (given.id !== undefined) return given.id === applicationCredential.id;
  const user = recordIn(given, "user");
  return given.name === "nephoscope" && (user?.id === userId || user?.name === username);
}

/** An application credential brings its own project; a password without a scope opens nothing. */
function scopeOf(
  given: unknown,
  credentials: Credentials,
  { methods, isAdmin }: { readonly methods: readonly string[]; readonly isAdmin: boolean },
): Scope | undefined {
  const own: Scope = { kind: "project", project: credentials.projectId };
  if (methods.includes("application_credential")) return given === undefined ? own : undefined;
  if (given === undefined || given === "unscoped") return { kind: "unscoped" };
  if (!isRecord(given)) return undefined;
  if (isRecord(given.system)) return given.system.all === true && isAdmin ? { kind: "system" } : undefined;
  const project = recordIn(given, "project");
  if (project === undefined) return undefined;
  if (project.id !== undefined) return project.id === credentials.projectId ? own : undefined;
  return project.name === credentials.project && isDefaultDomain(recordIn(project, "domain")) ? own : undefined;
}

function isDefaultDomain(domain: Record_ | undefined): boolean {
  return domain?.id === DEFAULT_DOMAIN.id || domain?.name === DEFAULT_DOMAIN.name;
}

function recordIn(record: Record_, member: string): Record_ | undefined {
  const value = record[member];
  return isRecord(value) ? value : undefined;
}

export function roleId(name: string): string {
  return createHash("md5").update(`role ${name}`).digest("hex");
}

function malformed(detail: string): Answer {
  const text = `${detail}. The server could not comply with the request since it is either malformed or otherwise incorrect. The client is assumed to be in error.`;
  return keystoneError(400, text);
}

function refusal(site: Site): Answer {
  return keystoneError(401, WRONG, { "www-authenticate": `Keystone uri="${site.urlOf("identity")}"` });
}
