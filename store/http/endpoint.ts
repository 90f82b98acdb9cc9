import { OperatorError } from "../../core/errors.ts";

export interface Credentials {
  readonly token?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

/** Scheme, host, port and path prefix without a slash at its end. `key` is the setting's. Errors: `config.invalid`. */
export function bareUrl(text: string, key: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw invalid(`${key} is not an http or https address`, "write it as http://host:8086");
  }
  if (url.username !== "" || url.password !== "") {
    const section = key.slice(0, key.lastIndexOf("."));
    throw invalid(`${key} holds a user or a password`, `use ${section}.username and ${section}.password instead`);
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
}

/** Never in the URL, where proxies and logs would keep it. */
export function authorization(
  { token, username, password }: Credentials,
  scheme: "Token" | "Bearer",
): { readonly [name: string]: string } {
  if (token !== undefined) return { authorization: `${scheme} ${token}` };
  if (username === undefined) return {};
  return { authorization: `Basic ${Buffer.from(`${username}:${password ?? ""}`).toString("base64")}` };
}

export function invalid(message: string, hint: string): OperatorError {
  return new OperatorError({ code: "config.invalid", message, hint });
}
