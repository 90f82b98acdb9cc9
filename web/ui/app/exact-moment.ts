import type { EpochMs } from "../../../core/clock.ts";
import { useLive } from "../live/live-store.ts";
import { instant, type ViewClock } from "../model/view-clock.ts";
import { serverNow } from "./server-clock.ts";

/**
 * The moment shown, at the instant of asking: what is drawn of the clock is up to a second old, and a change that was
 * just seen must not lie after "now".
 */
export function exactMoment(view: { readonly clock: ViewClock; readonly moment: EpochMs }): EpochMs {
  if (view.clock.kind !== "live") return view.moment;
  return instant(Math.max(serverNow(), useLive.getState().last?.at ?? 0));
}
