import type { ParseArgsConfig } from "node:util";
import { OperatorError } from "../../core/errors.ts";
import type { ConfigInput } from "./load.ts";

/** Flags of every command that reads the configuration. */
export const CONFIG_FLAGS = {
  config: { type: "string" },
  set: { type: "string", multiple: true },
  data: { type: "string" },
  port: { type: "string" },
  address: { type: "string" },
  cluster: { type: "string" },
  host: { type: "string" },
  "log-level": { type: "string" },
} as const satisfies ParseArgsConfig["options"];

export const CONFIG_USAGE =
  "[--config FILE] [--data FOLDER] [--address A] [--port N] [--cluster NAME] [--host NAME] [--log-level L] [--set path=value]...";

export interface ConfigFlags {
  readonly config?: string | undefined;
  readonly set?: readonly string[] | undefined;
  readonly data?: string | undefined;
  readonly port?: string | undefined;
  readonly address?: string | undefined;
  readonly cluster?: string | undefined;
  readonly host?: string | undefined;
  readonly "log-level"?: string | undefined;
}

/** What `loadConfig` takes, from parsed flags. `NEPHOSCOPE_CONFIG` names the file when no flag does. */
export function configInput(flags: ConfigFlags, env: NodeJS.ProcessEnv): ConfigInput {
  const short: readonly (readonly [path: string, value: string | undefined])[] = [
    ["data", flags.data],
    ["listen.port", flags.port],
    ["listen.address", flags.address],
    ["cluster", flags.cluster],
    ["host", flags.host],
    ["log.level", flags["log-level"]],
  ];
  const long = (flags.set ?? []).map(parseSetting);
  const given = short.flatMap(([path, value]) => (value === undefined ? [] : [[path, value] as const]));
  return { file: flags.config ?? env.NEPHOSCOPE_CONFIG, env, flags: [...given, ...long] };
}

function parseSetting(text: string): readonly [path: string, value: string] {
  const at = text.indexOf("=");
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw new OperatorError({
    code: "config.flag",
    message: `--set ${text} has no value`,
    hint: "write it as --set listen.port=9000",
  });
}
