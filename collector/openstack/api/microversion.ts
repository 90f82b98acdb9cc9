import type { ServiceApi } from "./service-api.ts";
import { type ApiObject, recordAt, recordsAt, textAt } from "./words.ts";

export interface Microversion {
  readonly major: number;
  readonly minor: number;
}

export function parseMicroversion(text: string | undefined): Microversion | undefined {
  const [, major, minor] = /^(\d+)\.(\d+)$/.exec(text ?? "") ?? [];
  return major === undefined ? undefined : { major: Number(major), minor: Number(minor) };
}

export function isAtLeast(version: Microversion | undefined, major: number, minor: number): boolean {
  if (version === undefined) return false;
  return version.major > major || (version.major === major && version.minor >= minor);
}

/**
 * What to ask for: the newest both know, and never more than the service has. Undefined: the service has none (Nova before
 * microversions), or only such as we do not know.
 */
export function negotiate(
  offered: { readonly min: Microversion | undefined; readonly max: Microversion | undefined },
  newestKnown: Microversion,
): Microversion | undefined {
  const { min, max } = offered;
  if (max === undefined) return undefined;
  const best = isAtLeast(max, newestKnown.major, newestKnown.minor) ? newestKnown : max;
  // One that has given up what we know is asked by its oldest.
  return min !== undefined && !isAtLeast(best, min.major, min.minor) ? min : best;
}

export function microversionText({ major, minor }: Microversion): string {
  return `${major}.${minor}`;
}

/** `name` as in the header: `compute`, `placement`. The older header of Nova is sent as well. */
export function microversionHeaders(name: string, version: Microversion | undefined): Record<string, string> {
  if (version === undefined) return {};
  const text = microversionText(version);
  const headers: Record<string, string> = { "openstack-api-version": `${name} ${text}` };
  if (name === "compute") headers["x-openstack-nova-api-version"] = text;
  return headers;
}

/** Asks the root of the endpoint, or of another path where it tells its versions. Errors: ApiError. */
export async function offeredBy(api: Pick<ServiceApi, "get">, signal: AbortSignal, path = "/") {
  const { body } = await api.get(path, [], signal);
  const version = versionIn(body);
  return {
    min: parseMicroversion(textAt(version, "min_version")),
    max: parseMicroversion(textAt(version, "version") ?? textAt(version, "max_version")),
  };
}

/** `version` of one, or the current one of `versions`. */
function versionIn(body: ApiObject): ApiObject {
  const versions = recordsAt(body, "versions");
  if (versions.length === 0) return recordAt(body, "version");
  return versions.find(({ status }) => status === "CURRENT") ?? versions.at(-1) ?? {};
}
