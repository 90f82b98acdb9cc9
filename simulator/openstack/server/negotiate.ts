import { knownMicroversion, microversionOf, microversionText } from "../microversion.ts";
import type { Call } from "./call.ts";

export type Negotiated =
  | { readonly kind: "agreed"; readonly version: number; readonly text: string }
  | { readonly kind: "malformed"; readonly asked: string }
  | { readonly kind: "unknown"; readonly asked: string };

export interface VersionSpan {
  readonly oldest: string;
  readonly newest: string;
}

/**
 * What `OpenStack-API-Version: <service> <version>` asks for, or the header that came before it. Nothing asked for is
 * the oldest version, `latest` the newest.
 */
export function negotiate(
  call: Call,
  { oldest, newest }: VersionSpan,
  names: { readonly service: string; readonly legacyHeader?: string | undefined },
): Negotiated {
  const asked = askedFor(call, names);
  if (asked === undefined) return agreed(knownMicroversion(oldest));
  if (asked === "latest") return agreed(knownMicroversion(newest));
  const version = microversionOf(asked);
  if (version === undefined) return { kind: "malformed", asked };
  if (version < knownMicroversion(oldest) || version > knownMicroversion(newest)) return { kind: "unknown", asked };
  return agreed(version);
}

/** The last one that is meant for this service, as it was written. */
export function askedFor(
  { headers }: Pick<Call, "headers">,
  { service, legacyHeader }: { readonly service: string; readonly legacyHeader?: string | undefined },
): string | undefined {
  const header = headers["openstack-api-version"];
  const values = (Array.isArray(header) ? header : [header ?? ""]).flatMap((text) => text.split(","));
  const own = values.flatMap((value) => {
    const [name, version] = value.trim().split(/\s+/);
    return name?.toLowerCase() === service && version !== undefined ? [version] : [];
  });
  if (own.length > 0) return own.at(-1);
  const legacy = legacyHeader === undefined ? undefined : headers[legacyHeader];
  return typeof legacy === "string" && legacy.trim() !== "" ? legacy.trim() : undefined;
}

function agreed(version: number): Negotiated {
  return { kind: "agreed", version, text: microversionText(version) };
}
