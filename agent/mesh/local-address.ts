import { createSocket } from "node:dgram";
import { lookup } from "node:dns/promises";

/** The address this host speaks to another from, by its routes; nothing is sent. Undefined when there is no way there. */
export async function localAddressTowards(url: string): Promise<string | undefined> {
  const { hostname } = new URL(url);
  const found = await lookup(hostname.replace(/^\[|\]$/g, "")).catch(() => undefined);
  if (found === undefined) return undefined;
  const socket = createSocket(found.family === 6 ? "udp6" : "udp4");
  return new Promise((resolve) => {
    const done = (address: string | undefined) => {
      socket.close();
      resolve(address);
    };
    socket.once("error", () => done(undefined));
    // Any port will do: connecting a UDP socket only chooses a route.
    socket.connect(9, found.address, () => done(socket.address().address));
  });
}
