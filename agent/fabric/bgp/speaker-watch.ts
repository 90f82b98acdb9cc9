import type { EpochMs } from "../../../core/clock.ts";
import type { HostEvent } from "../../../core/host-event.ts";
import { type BgpPeer, type BgpSpeaker, speakerId } from "./bgp-speaker.ts";
import { createMessageWatch, type MessageWatch } from "./message-watch.ts";
import { type SessionStates, sessionEvents, sessionStates } from "./session-events.ts";

/** Follows the sessions of this host's speakers from one reading to the next. */
export interface SpeakerWatch {
  /** Takes in a reading; what happened to sessions since the one before. Nothing at the first one. */
  see(speakers: readonly BgpSpeaker[], at: EpochMs, nowMs: number): readonly HostEvent[];
  /** For how many seconds no message came from a peer of this speaker. */
  messageAge(speaker: BgpSpeaker): (peer: BgpPeer) => number | undefined;
}

/** More speakers than a host has at once. */
const MAX_FOLLOWED = 2_000;

interface Followed {
  states: SessionStates;
  readonly messages: MessageWatch;
}

export function createSpeakerWatch(host: string): SpeakerWatch {
  const followed = new Map<string, Followed>();
  return {
    see: (speakers, at, nowMs) =>
      speakers.flatMap((speaker) => {
        const { peers } = speaker;
        const id = speakerId(host, speaker);
        const it = followed.get(id) ?? { states: new Map(), messages: createMessageWatch() };
        // Tenants' VRFs come and go; the last in the row are those that are there.
        followed.delete(id);
        followed.set(id, it);
        if (followed.size > MAX_FOLLOWED) followed.delete(followed.keys().next().value ?? "");
        const events = sessionEvents(id, it.states, peers, at);
        it.states = sessionStates(peers, at);
        const counts = peers.flatMap(({ address, messagesReceived: count }) =>
          count === undefined ? [] : [[address, count] as const],
        );
        it.messages.see(new Map(counts), nowMs);
        return events;
      }),
    messageAge: (speaker) => {
      const messages = followed.get(speakerId(host, speaker))?.messages;
      return ({ address }) => messages?.age(address);
    },
  };
}
