import { ActionIcon, Button, Menu, Tooltip } from "@mantine/core";
import { useTexts } from "../text/texts.tsx";
import { Icon, type IconName } from "../theme/icon.tsx";
import { usePlay } from "./play-store.ts";
import { SPEEDS } from "./playback.ts";
import type { TimeActions } from "./time-actions.ts";
import classes from "./time-bar.module.css";

export function Transport(props: { readonly actions: TimeActions }) {
  const { timeBar } = useTexts();
  const { playing, speed, skipQuiet } = usePlay();
  const { actions } = props;
  return (
    <div className={classes.group}>
      <Step icon="previous" label={timeBar.previousChange} run={() => actions.step("previous")} id="step-previous" />
      <Step
        icon={playing ? "pause" : "play"}
        label={playing ? timeBar.pause : timeBar.play}
        run={() => actions.togglePlay()}
        id="play"
      />
      <Step icon="next" label={timeBar.nextChange} run={() => actions.step("next")} id="step-next" />
      <Menu position="top-start">
        <Menu.Target>
          <Button className={classes.speed} aria-label={`${timeBar.speed}: ${speed}×`} data-testid="speed">
            {speed}×
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>{timeBar.speed}</Menu.Label>
          {SPEEDS.map((each) => (
            <Menu.Item
              key={each}
              onClick={() => usePlay.setState({ speed: each })}
              rightSection={each === speed ? <Icon name="check" size={14} /> : null}
            >
              {each}×
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <Tooltip label={timeBar.skipQuiet}>
        <ActionIcon
          aria-label={timeBar.skipQuiet}
          aria-pressed={skipQuiet}
          onClick={() => usePlay.setState({ skipQuiet: !skipQuiet })}
          data-testid="skip-quiet"
        >
          <Icon name="skip" />
        </ActionIcon>
      </Tooltip>
    </div>
  );
}

function Step(props: {
  readonly icon: IconName;
  readonly label: string;
  readonly run: () => Promise<void>;
  readonly id: string;
}) {
  return (
    <Tooltip label={props.label}>
      <ActionIcon aria-label={props.label} onClick={() => void props.run()} data-testid={props.id}>
        <Icon name={props.icon} />
      </ActionIcon>
    </Tooltip>
  );
}
