import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse as parseYaml } from "yaml";
import { messageOf, OperatorError } from "../../core/errors.ts";
import { isRecord } from "../../core/json.ts";
import type { ApiObject } from "./api/words.ts";
import type { Credentials, EndpointInterface } from "./cloud-source.ts";

/** One cloud of a `clouds.yaml`, as far as it is needed. Source: openstacksdk, "Configuring OpenStack SDK Applications". */
export interface CloudOfFile {
  readonly authUrl: string;
  readonly credentials: Credentials;
  readonly regions: readonly string[];
  readonly interface: EndpointInterface | undefined;
  /** Path of a PEM file. */
  readonly caFile: string | undefined;
}

const SECURE = "secure.yaml";
const NO_AUTH_URL = "write auth_url below auth: a profile is not read";

/**
 * Reads the file, and `secure.yaml` beside it, whose values win. Errors: `openstack.clouds_file`, which names file and key, and no
 * value: those may be secrets.
 */
export function readCloud(path: string, cloud: string): CloudOfFile {
  const own = cloudIn(path, cloud);
  if (own === undefined) {
    throw problem(path, `clouds.${cloud}`, "is not there", "cloud is the name below `clouds:`");
  }
  const merged = mergedOf(own, cloudIn(join(dirname(path), SECURE), cloud, true) ?? {});
  return parseCloud(merged, (key, message, hint) => problem(path, `clouds.${cloud}.${key}`, message, hint));
}

type Complain = (key: string, message: string, hint: string) => OperatorError;

function parseCloud(cloud: ApiObject, complain: Complain): CloudOfFile {
  if (isFalse(cloud.verify) || isFalse(cloud.insecure, true)) {
    const hint =
      "leave it out, and give cacert, or ca_file here, for a private authority: certificates are always verified";
    throw complain("verify", "is false", hint);
  }
  const auth = isRecord(cloud.auth) ? cloud.auth : {};
  const authUrl = textIn(auth, "auth_url");
  if (authUrl === undefined) throw complain("auth.auth_url", "is not there", NO_AUTH_URL);
  if (!/^https?:$/.test(URL.parse(authUrl)?.protocol ?? ""))
    throw complain("auth.auth_url", "is no address", NO_AUTH_URL);
  const asked = textIn(cloud, "interface") ?? textIn(cloud, "endpoint_type");
  const by = asked?.replace(/URL$/, "");
  if (by !== undefined && by !== "public" && by !== "internal" && by !== "admin") {
    throw complain("interface", "is none of public, internal, admin", "correct it");
  }
  const region = textIn(cloud, "region_name");
  return {
    ...{ authUrl, credentials: credentialsOf(cloud, auth, complain), caFile: textIn(cloud, "cacert"), interface: by },
    regions: region === undefined ? [] : [region],
  };
}

function credentialsOf(cloud: ApiObject, auth: ApiObject, complain: Complain): Credentials {
  const need = (key: string): string => {
    const text = textIn(auth, key);
    if (text === undefined)
      throw complain(`auth.${key}`, "is not there", `it may be in ${SECURE} beside the file, too`);
    return text;
  };
  const type =
    textIn(cloud, "auth_type") ??
    (auth.application_credential_id === undefined ? "password" : "v3applicationcredential");
  if (type === "v3applicationcredential") {
    const [id, text] = [need("application_credential_id"), need("application_credential_secret")];
    return { kind: "application_credential", id, secret: { kind: "text", text } };
  }
  if (type !== "password" && type !== "v3password") {
    throw complain("auth_type", `is ${type}`, "password, v3password and v3applicationcredential are understood");
  }
  const domain = (of: "user" | "project") => {
    const [name, id] = [textIn(auth, `${of}_domain_name`), textIn(auth, `${of}_domain_id`)];
    return { name: name ?? textIn(auth, "domain_name") ?? "Default", id: name === undefined ? id : undefined };
  };
  const [user, userId] = [textIn(auth, "username"), textIn(auth, "user_id")];
  const [project, projectId] = [
    textIn(auth, "project_name") ?? textIn(auth, "tenant_name"),
    textIn(auth, "project_id"),
  ];
  return {
    kind: "password",
    user: user ?? (userId === undefined ? need("username") : ""),
    project: project ?? (projectId === undefined ? need("project_name") : ""),
    ...{ userDomain: domain("user").name, projectDomain: domain("project").name },
    ids: { user: userId, project: projectId, userDomain: domain("user").id, projectDomain: domain("project").id },
    password: { kind: "text", text: need("password") },
  };
}

function cloudIn(path: string, cloud: string, mayBeAbsent = false): ApiObject | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (mayBeAbsent && isRecord(error) && error.code === "ENOENT") return undefined;
    throw problem(path, "", `cannot be read: ${messageOf(error)}`, "check the path, and that this user may read it");
  }
  const clouds = cloudsOf(path, text);
  const found = clouds[cloud];
  return isRecord(found) ? found : undefined;
}

function cloudsOf(path: string, text: string): ApiObject {
  let document: unknown;
  try {
    document = parseYaml(text);
  } catch {
    // What the parser says has the line in it, which may be that of a password.
    throw problem(path, "", "is no YAML", "openstacksdk would not read it either");
  }
  if (document === null || document === undefined) return {};
  const clouds = isRecord(document) ? (document.clouds ?? {}) : undefined;
  if (!isRecord(clouds)) throw problem(path, "clouds", "is no map of clouds", "it begins with `clouds:`");
  return clouds;
}

function mergedOf(own: ApiObject, secure: ApiObject): ApiObject {
  const merged: Record<string, unknown> = { ...own };
  for (const [key, value] of Object.entries(secure)) {
    const before = merged[key];
    merged[key] = isRecord(before) && isRecord(value) ? mergedOf(before, value) : value;
  }
  return merged;
}

/** Numbers, too: somebody's password may be one. */
function textIn(object: ApiObject, key: string): string | undefined {
  const value = object[key];
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}

function isFalse(value: unknown, isNegated = false): boolean {
  return value === isNegated || String(value).toLowerCase() === String(isNegated);
}

function problem(path: string, key: string, message: string, hint: string): OperatorError {
  const where = key === "" ? path : `${path}: ${key}`;
  return new OperatorError({ code: "openstack.clouds_file", message: `${where} ${message}`, hint, status: 400 });
}
