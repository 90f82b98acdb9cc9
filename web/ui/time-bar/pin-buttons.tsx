import { ActionIcon, Button, Tooltip } from "@mantine/core";
import { useView } from "../app/view.ts";
import { momentText } from "../model/time-text.ts";
import { useTexts } from "../text/texts.tsx";
import type { TimeActions } from "./time-actions.ts";
import classes from "./time-bar.module.css";

export function PinButtons(props: { readonly actions: TimeActions }) {
  const { timeBar } = useTexts();
  const { search, now } = useView();
  const pin = (name: "a" | "b", label: string, short: string) => {
    const at = search[name];
    return (
      <Tooltip label={at === undefined ? label : `${label} (${momentText(at, now)})`}>
        <ActionIcon
          className={classes.pinButton}
          aria-label={label}
          aria-pressed={at !== undefined}
          onClick={() => void props.actions.pin(name)}
          data-testid={`pin-${name}`}
        >
          {short}
        </ActionIcon>
      </Tooltip>
    );
  };
  return (
    <div className={classes.group}>
      {pin("a", timeBar.pinA, timeBar.pinAShort)}
      {pin("b", timeBar.pinB, timeBar.pinBShort)}
    </div>
  );
}

/** Always there, so that nothing jumps; quiet while the page is live. */
export function GoLive(props: { readonly actions: TimeActions }) {
  const { timeBar } = useTexts();
  const { clock } = useView();
  const isLive = clock.kind === "live";
  return (
    <Button
      variant={isLive ? "default" : "filled"}
      disabled={isLive}
      onClick={() => void props.actions.goLive()}
      data-testid="go-live"
    >
      {isLive ? timeBar.live : timeBar.goLive}
    </Button>
  );
}
