import { isIP } from "node:net";
import type { LineRunner } from "../topology/line-command.ts";

/**
 * The path MTUs the kernel has learned from routers' "packet too big", by address. It keeps them for minutes, and cuts larger packets up
 * by itself, so that those get through: who measures by sending must ask for them.
 */
export async function readRouteMtus(
  addresses: readonly string[],
  run: LineRunner,
): Promise<ReadonlyMap<string, number>> {
  const mtus = new Map<string, number>();
  const asked = addresses.filter((address) => isIP(address) !== 0);
  if (asked.length === 0) return mtus;
  const input = `${asked.map((address) => `route get ${address}`).join("\n")}\n`;
  await run({ file: "ip", args: ["-o", "-force", "-batch", "-"], input }, (line) => {
    const [, address, mtu] = /^(\S+) .*\bmtu (\d+)/.exec(line) ?? [];
    if (address !== undefined) mtus.set(address, Number(mtu));
  });
  return mtus;
}
