import { OperatorError } from "../core/errors.ts";

/** The address of a server as somebody typed it. Errors: `config.address`. */
export function parseServerAddress(text: string, setting: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw new OperatorError({
    code: "config.address",
    message: `${setting} is not an address: ${JSON.stringify(text)}`,
    hint: "write it as http://host:8642 or https://host:8642",
  });
}
