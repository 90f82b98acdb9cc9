import { ActionIcon, Tooltip } from "@mantine/core";
import { useTexts } from "../text/texts.tsx";
import { Icon, type IconName } from "../theme/icon.tsx";
import classes from "./map.module.css";
import { type MapHandle, useMap } from "./map-handle.ts";

const STEP = 1.4;

export function ZoomControls() {
  const { map } = useTexts();
  return (
    <div className={classes.zoom}>
      <Control icon="plus" label={map.zoomIn} run={(handle) => handle.zoomBy(STEP)} />
      <Control icon="minus" label={map.zoomOut} run={(handle) => handle.zoomBy(1 / STEP)} />
      <Control icon="fit" label={map.fit} run={(handle) => handle.fit()} />
    </div>
  );
}

function Control(props: {
  readonly icon: IconName;
  readonly label: string;
  readonly run: (handle: MapHandle) => void;
}) {
  const handle = useMap((state) => state.handle);
  return (
    <Tooltip label={props.label} position="left">
      <ActionIcon
        aria-label={props.label}
        onClick={() => handle !== undefined && props.run(handle)}
        data-testid={`zoom-${props.icon}`}
      >
        <Icon name={props.icon} />
      </ActionIcon>
    </Tooltip>
  );
}
