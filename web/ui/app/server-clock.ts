import { useEffect, useState } from "react";
import { type EpochMs, systemClock } from "../../../core/clock.ts";
import { instant } from "../model/view-clock.ts";

let offsetMs = 0;

/** Every answer of `/api/v1/status` says what time the server has; the page goes by that. */
export function learnServerTime(serverNow: EpochMs): void {
  offsetMs = serverNow - systemClock.now();
}

export function serverNow(): EpochMs {
  return instant(systemClock.now() + offsetMs);
}

/** The server's time, in steps. */
export function useServerNow(stepMs: number): EpochMs {
  const [now, setNow] = useState(serverNow);
  useEffect(() => {
    const timer = setInterval(() => setNow(serverNow()), stepMs);
    return () => clearInterval(timer);
  }, [stepMs]);
  return now;
}
