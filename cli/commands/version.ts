import type { Command } from "../command.ts";
import { installedVersion } from "../version.ts";

export const versionCommand: Command = {
  summary: "print the version",
  usage: "nephoscope version",
  run: async (_args, { print }) => {
    print(`nephoscope ${installedVersion()} (node ${process.version})`);
    return 0;
  },
};
