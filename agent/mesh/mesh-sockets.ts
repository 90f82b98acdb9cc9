import { createSocket, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import type { MeshEndpoint, MeshPeer } from "../../core/mesh.ts";
import { decodePacket, encodePacket, type MeshPacket } from "./mesh-packet.ts";

const familyOf = (address: string) => (isIPv6(address) ? "udp6" : "udp4");

/** Questions looked at in a second; with twenty peers each, agents ask far fewer. The rest of a flood is lost, unread. */
const MAX_QUESTIONS_PER_SECOND = 500;

export interface Responder {
  close(): void;
}

/** Sends back what other agents ask, for as long as it is open. Rejects when the address cannot be listened on. */
export function openResponder(
  { address, port }: MeshEndpoint,
  key: () => Uint8Array,
  monotonicMs: () => number,
  onFailure: (reason: string) => void,
): Promise<Responder> {
  const socket = createSocket({ type: familyOf(address), reuseAddr: false });
  let [secondBegan, questions] = [monotonicMs(), 0];
  socket.on("message", (bytes, from) => {
    if (monotonicMs() - secondBegan >= 1_000) [secondBegan, questions] = [monotonicMs(), 0];
    if (++questions > MAX_QUESTIONS_PER_SECOND) return;
    const packet = decodePacket(bytes, key());
    if (packet?.kind !== "ask") return;
    // An answer that cannot be sent is one that is lost.
    socket.send(encodePacket({ ...packet, kind: "answer" }, key()), from.port, from.address, () => undefined);
  });
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => {
      socket.close();
      reject(error);
    };
    socket.once("error", fail);
    socket.bind(port, address, () => {
      socket.removeListener("error", fail);
      socket.on("error", (error) => onFailure(error.message));
      resolve({ close: () => void socket.close() });
    });
  });
}

export interface Asker {
  send(packet: MeshPacket): void;
  close(): void;
}

export interface AskerEvents {
  answered(packet: MeshPacket): void;
  /** The other machine says that nobody listens there. */
  refused(): void;
}

/** A connected socket for one peer: the kernel hands over the other machine's refusals only to those. */
export function openAsker(peer: MeshPeer, key: Uint8Array, events: AskerEvents): Asker {
  const socket: Socket = createSocket(familyOf(peer.address));
  let state: "apart" | "connecting" | "connected" | "closed" = "apart";
  const onError = (error: Error | null) => {
    if (error !== null && "code" in error && error.code === "ECONNREFUSED") events.refused();
  };
  socket.on("message", (bytes) => {
    const packet = decodePacket(bytes, key);
    if (packet?.kind === "answer") events.answered(packet);
  });
  // No route, no such network: the question is lost, as anything is that is not answered.
  socket.on("error", onError);
  /** Fails while there is no way there, as before a tunnel or a route is up: then it is tried again with the next question. */
  function connect(): void {
    state = "connecting";
    socket.connect(peer.port, peer.address, (error?: Error) => {
      if (state === "connecting") state = error === undefined ? "connected" : "apart";
    });
  }
  connect();
  return {
    send(packet) {
      if (state === "connected") socket.send(encodePacket(packet, key), onError);
      else if (state === "apart") connect();
    },
    close() {
      state = "closed";
      socket.close();
    },
  };
}
