import { useLive } from "../live/live-store.ts";
import { clockText } from "../model/time-text.ts";
import { useTexts } from "../text/texts.tsx";
import { Icon } from "../theme/icon.tsx";
import classes from "./frame.module.css";

/** Says that what is shown is the last known state, while the server is away. */
export function StaleBanner() {
  const texts = useTexts();
  const connection = useLive((state) => state.connection);
  const last = useLive((state) => state.last);
  if (connection.kind !== "lost" || last === undefined) return null;
  return (
    <div className={classes.banner} role="status" data-testid="stale-banner">
      <Icon name="warning" />
      <span>
        {texts.faces.stale(clockText(connection.since))} {texts.faces.staleHint}
      </span>
    </div>
  );
}
