import { createHash, randomBytes } from "node:crypto";
import { parseArgs } from "node:util";
import { ROLES } from "../../core/access.ts";
import { OperatorError } from "../../core/errors.ts";
import type { Command } from "../command.ts";

const TOKEN_BYTES = 32;

export const tokenCommand: Command = {
  summary: "make a token for a person or an agent",
  usage: "nephoscope token --person NAME --role viewer|operator|admin | --agent NAME --hosts PATTERN[,PATTERN]",
  run: async (args, { print }) => {
    const { values } = parseArgs({
      args: [...args],
      options: {
        person: { type: "string" },
        role: { type: "string", default: "viewer" },
        agent: { type: "string" },
        hosts: { type: "string", default: "*" },
      },
    });
    const token = `nsct_${randomBytes(TOKEN_BYTES).toString("base64url")}`;
    const hash = createHash("sha256").update(token).digest("hex");
    const lines = configLines(values, hash);
    print("The token, shown this once:\n");
    print(`  ${token}\n`);
    print("Add to the configuration file:\n");
    for (const line of lines) print(`  ${line}`);
    return 0;
  },
};

function configLines(
  values: { person?: string | undefined; role: string; agent?: string | undefined; hosts: string },
  hash: string,
): readonly string[] {
  if (values.person !== undefined && values.agent === undefined) {
    if (!ROLES.some((role) => role === values.role)) {
      throw new OperatorError({
        code: "token.role",
        message: `there is no role ${values.role}`,
        hint: `give --role one of ${ROLES.join(", ")}`,
      });
    }
    return [
      "access:",
      "  people:",
      `    - name: ${values.person}`,
      `      role: ${values.role}`,
      `      token_sha256: ${hash}`,
    ];
  }
  if (values.agent !== undefined && values.person === undefined) {
    const hosts = values.hosts.split(",").map((host) => JSON.stringify(host));
    return [
      "access:",
      "  agents:",
      `    - name: ${values.agent}`,
      `      hosts: [${hosts.join(", ")}]`,
      `      token_sha256: ${hash}`,
    ];
  }
  throw new OperatorError({
    code: "token.holder",
    message: "a token is for a person or for an agent",
    hint: "give --person NAME or --agent NAME",
  });
}
