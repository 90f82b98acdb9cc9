import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server } from "socket.io";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { systemClock } from "../../../core/clock.ts";
import { LIVE_NAMESPACE, type LivePageToServer, type LiveServerToPage } from "../../../web/api/live.ts";
import { openFeed } from "../../../web/ui/live/feed.ts";
import { type LiveState, NOT_CONNECTED } from "../../../web/ui/live/live-state.ts";

/** A server that answers `subscribe` with the next of `sequences` and sends what the test says. */
let io: Server<LivePageToServer, LiveServerToPage>;
let origin: string;
let subscriptions: number;
let sequences: number[];
let state: LiveState;
let close: () => void;

beforeEach(async () => {
  const http = createServer();
  io = new Server(http);
  subscriptions = 0;
  sequences = [];
  state = NOT_CONNECTED;
  io.of(LIVE_NAMESPACE).on("connection", (socket) => {
    socket.on("subscribe", (_request, reply) => {
      subscriptions++;
      reply({ kind: "full", sequence: sequences.shift() ?? 0, cluster: "main", revision: 1, at: 0, elements: [] });
    });
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  close = openFeed({
    origin,
    cluster: "main",
    root: undefined,
    clock: systemClock,
    onState: (next) => {
      state = next;
    },
    onIncidents: () => {},
  });
  await vi.waitFor(() => expect(state.connection.kind).toBe("live"), { timeout: 5_000 });
});

afterEach(async () => {
  close();
  await io.close();
});

const send = (sequence: number): void => {
  const element = { id: `agent/h${sequence}`, kind: "agent", name: "h", cluster: "main", attributes: {} };
  io.of(LIVE_NAMESPACE).emit("changes", {
    sequence,
    cluster: "main",
    revision: 2,
    at: 1,
    changes: [{ kind: "add", element }],
  });
};

test("a change reaches the page", async () => {
  send(1);
  await vi.waitFor(() => expect(state.last?.topology.has("agent/h1" as never)).toBe(true));
  expect(subscriptions).toBe(1);
});

test("a gap in the numbers makes the page subscribe again, once", async () => {
  sequences = [7];
  send(5);
  send(6);
  await vi.waitFor(() => expect(state.last?.sequence).toBe(7));
  expect(subscriptions).toBe(2);
});

test("a server that dropped our queue is asked for the full state again", async () => {
  sequences = [3];
  io.of(LIVE_NAMESPACE).emit("resync");
  await vi.waitFor(() => expect(state.last?.sequence).toBe(3));
});

test("a cut connection is said, and heals by itself", async () => {
  io.of(LIVE_NAMESPACE).disconnectSockets(true);
  await vi.waitFor(() => expect(state.connection.kind).toBe("lost"));
  await vi.waitFor(() => expect(state.connection.kind).toBe("live"), { timeout: 10_000 });
  expect(subscriptions).toBe(2);
});
