import { type EpochMs, epochMsOf } from "../../../core/clock.ts";
import type { ElementId } from "../../../core/element-id.ts";
import { type HostEvent, MAX_EVENT_TEXT_CHARS } from "../../../core/host-event.ts";
import { type BgpPeer, isUp } from "./bgp-speaker.ts";

/** When a spine fails, a route reflector loses hundreds of sessions at once; more than these are told as one event. */
const MAX_EVENTS_AT_ONCE = 20;

/** An established session is taken for another one when it is younger by more than this than it should be. */
const SLACK_MS = 2_500;

/** A session as far as its ups and downs go. */
export interface SessionState {
  readonly isUp: boolean;
  /** Of an established one. */
  readonly establishedAt: number | undefined;
  readonly messagesReceived: number | undefined;
  readonly connectionsDropped: number | undefined;
}

export type SessionStates = ReadonlyMap<string, SessionState>;

export function sessionStates(peers: readonly BgpPeer[], at: EpochMs): SessionStates {
  return new Map(
    peers.map((peer) => {
      const { address, uptimeSeconds, messagesReceived, connectionsDropped } = peer;
      const establishedAt = isUp(peer) && uptimeSeconds !== undefined ? at - uptimeSeconds * 1_000 : undefined;
      return [address, { isUp: isUp(peer), establishedAt, messagesReceived, connectionsDropped }];
    }),
  );
}

/**
 * What became of sessions between two readings. One that was lost and is back by the second, as after a restart of the
 * daemon, is told by both events. A peer that is new or gone was configured so: that is no event.
 */
export function sessionEvents(
  element: ElementId,
  before: SessionStates,
  peers: readonly BgpPeer[],
  at: EpochMs,
): readonly HostEvent[] {
  const after = sessionStates(peers, at);
  const events: HostEvent[] = [];
  for (const peer of peers) {
    const [was, is] = [before.get(peer.address), after.get(peer.address)];
    if (was === undefined || is === undefined) continue;
    const isAnother = was.isUp && is.isUp && isAnotherSession(was, is);
    if (was.isUp && (!is.isUp || isAnother)) events.push(downEvent(element, peer, at));
    if (is.isUp && (!was.isUp || isAnother)) events.push(upEvent(element, peer, timeOf(is, at)));
  }
  if (events.length <= MAX_EVENTS_AT_ONCE) return events;
  const rest = events.slice(MAX_EVENTS_AT_ONCE);
  const down = rest.filter(({ kind }) => kind === "bgp-session-down").length;
  const text = `${down} more sessions down, ${rest.length - down} more up`;
  return [...events.slice(0, MAX_EVENTS_AT_ONCE), moreEvent(element, down > 0, text, at)];
}

/** It began later, or one was lost meanwhile, or the daemon counts from the beginning. */
function isAnotherSession(was: SessionState, is: SessionState): boolean {
  const isMore = (more: number | undefined, less: number | undefined, slack = 0) =>
    more !== undefined && less !== undefined && more > less + slack;
  return (
    isMore(is.establishedAt, was.establishedAt, SLACK_MS) ||
    isMore(is.connectionsDropped, was.connectionsDropped) ||
    isMore(was.messagesReceived, is.messagesReceived)
  );
}

function timeOf({ establishedAt }: SessionState, at: EpochMs): EpochMs {
  return establishedAt === undefined ? at : epochMsOf(Math.round(establishedAt));
}

function downEvent(element: ElementId, peer: BgpPeer, at: EpochMs): HostEvent {
  const name = peer.hostName === undefined ? peer.address : `${peer.address} (${peer.hostName})`;
  const reason = peer.isAdminDown ? "shut down here" : (peer.lastReset ?? "no reason told");
  return {
    at,
    kind: "bgp-session-down",
    element,
    severity: peer.isAdminDown ? "info" : "critical",
    text: `${name}: ${reason}`.slice(0, MAX_EVENT_TEXT_CHARS),
    attributes: { peer: peer.address, session: peer.session, admin_down: peer.isAdminDown },
  };
}

function upEvent(element: ElementId, peer: BgpPeer, at: EpochMs): HostEvent {
  const name = peer.hostName === undefined ? peer.address : `${peer.address} (${peer.hostName})`;
  const text = `${name}: established`.slice(0, MAX_EVENT_TEXT_CHARS);
  return { at, kind: "bgp-session-up", element, severity: "info", text, attributes: { peer: peer.address } };
}

function moreEvent(element: ElementId, isDown: boolean, text: string, at: EpochMs): HostEvent {
  const kind = isDown ? "bgp-session-down" : "bgp-session-up";
  return { at, kind, element, severity: isDown ? "critical" : "info", text, attributes: {} };
}
